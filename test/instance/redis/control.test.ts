// The control connection of an instance: it finds its way back through changed passwords.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { controlOf } from '../../../instance/redis/control.ts'
import { eventually } from '../../e2e/eventually.ts'
import { passwords, redisProcess } from '../../support/redis-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 60_000

const breakConnections = ['KILL', 'TYPE', 'normal', 'SKIPME', 'yes'] as const

describe('the control connection', { timeout }, () => {
  it('comes back with the password before when the new one was not in force yet', async (t) => {
    const redis = await redisProcess(t)
    const control = await redis.control()
    const administrator = redis.administrator()
    control.usePassword('new')
    control.usePassword('new')
    await administrator.call('CLIENT', ...breakConnections)
    await eventually('it answers', () => control.info(), 10)
    await control.setPasswords({ ...passwords, instance: 'new' })
    await administrator.call('CLIENT', ...breakConnections)
    await eventually('it answers', () => control.info(), 10)
  })

  it('tells no words of a command that was refused: a password may be among them', async (t) => {
    const redis = await redisProcess(t)
    const control = await redis.control()
    const refused = await control.setUser('a', ['>secret', '+nonsense']).catch((error: unknown) => error)
    assert.ok(refused instanceof Error)
    assert.doesNotMatch(inspect(refused, { showHidden: true, depth: 9 }), /secret/)
  })

  it('is made anew when redis-server does not know its user', async (t) => {
    const redis = await redisProcess(t)
    await redis.control()
    const administrator = redis.administrator()
    await administrator.call('ACL', 'SETUSER', 'default', 'on', 'nopass', '+@all')
    const control = controlOf(redis.directory, undefined)
    t.after(() => control.close())
    await eventually('it needs no password', () => control.info())
    await administrator.call('ACL', 'SETUSER', 'default', 'resetpass', '>secret')
    await administrator.call('CLIENT', ...breakConnections)
    await eventually('it is unknown', () => assert.rejects(control.info(), /NOAUTH/).then(() => 'seen'))
    control.usePassword(passwords.instance)
    await eventually('it answers', () => control.info(), 10)
  })
})
