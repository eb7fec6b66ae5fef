// Changed files reach a running redis-server, and never undo what the operator's guarantees rest on.
import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { configKey, mounts, type InstanceStatus } from '../../instance/api.ts'
import { usersFileName } from '../../instance/redis/conf.ts'
import { eventually } from '../e2e/eventually.ts'
import { instanceProcess, writeMounts, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

/** Resolves with the status in which the text is in force. */
async function configure({ root, status }: InstanceProcess, text: string): Promise<InstanceStatus> {
  const { config: before } = await status()
  writeFileSync(join(root + mounts.config, configKey), text)
  return await eventually('the text is in force', async () => {
    const now = await status()
    return now.config.hash === before.hash ? undefined : now
  })
}

async function valueOf(instance: InstanceProcess, directive: string): Promise<unknown> {
  const [, value] = (await instance.client().call('CONFIG', 'GET', directive)) as unknown[]
  return value
}

describe('a changed redis.conf', { timeout }, () => {
  it("never undoes the Pod's own lines: a fenced primary stays read-only", async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    await instance.fence(2, 'u1')
    const hostile = 'appendonly yes\nsave ""\nmaxmemory 50mb\nreplica-read-only no\nslave-read-only no\n'
    const { config } = await configure(instance, `${hostile}requirepass open\nslave-serve-stale-data no\n`)
    assert.deepEqual(config.refused.map((each) => each.split(':')[0]).sort(), [
      'replica-read-only',
      'requirepass',
      'slave-read-only',
      'slave-serve-stale-data',
    ])
    assert.equal(await valueOf(instance, 'maxmemory'), String(50 * 1024 * 1024))
    assert.equal(await valueOf(instance, 'replica-read-only'), 'yes')
    await assert.rejects(instance.client().set('a', 'b'), /READONLY/)
  })

  it('keeps every line of a directive that is repeated', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const lines = ['normal 1048576 0 0', 'pubsub 33554432 8388608 60'].map(
      (limit) => `client-output-buffer-limit ${limit}\n`,
    )
    const { config } = await configure(instance, `appendonly yes\nsave ""\n${lines.join('')}`)
    assert.deepEqual(config.refused, [])
    const limits = String(await valueOf(instance, 'client-output-buffer-limit'))
    assert.match(limits, /normal 1048576 0 0 .*pubsub 33554432 8388608 60/)
  })

  it('that waits for a restart is told until redis-server has it, or it is as before', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const old = 'appendonly yes\nsave ""\nappendfsync everysec\n'
    const wanted = `${old}databases 4\n`
    assert.deepEqual((await configure(instance, wanted)).config.needsRestart, ['databases'])
    assert.deepEqual((await configure(instance, old)).config.needsRestart, [])
    assert.deepEqual((await configure(instance, wanted)).config.needsRestart, ['databases'])
    await instance.kill('SIGTERM')
    await instance.start()
    const { config } = await instance.status()
    assert.deepEqual([config.needsRestart, config.refused], [[], []])
    assert.equal(await valueOf(instance, 'databases'), '4')
  })

  it('is applied again when redis-server did not answer the first time', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const before = (await instance.status()).config.hash
    const pid = instance.redisPid()
    process.kill(pid, 'SIGSTOP')
    writeFileSync(join(instance.root + mounts.config, configKey), 'appendonly yes\nsave ""\nhz 20\n')
    await eventually('it hangs', async () =>
      (await instance.status()).redis.state === 'hung' ? true : undefined,
    )
    process.kill(pid, 'SIGCONT')
    await eventually('it is in force', async () =>
      (await valueOf(instance, 'hz')) === '20' ? true : undefined,
    )
    const { needsRestart, refused } = await eventually('it is reported', async () => {
      const { config } = await instance.status()
      return config.hash === before ? undefined : config
    })
    assert.deepEqual([needsRestart, refused], [['appendfsync (removed)'], []])
  })
})

describe('changed passwords', { timeout }, () => {
  it('are in users.acl as a whole, for the owner only', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const path = join(instance.root + mounts.run, usersFileName)
    const [text, { ino }] = [readFileSync(path, 'utf8'), statSync(path)]
    writeMounts(instance.root, { application: 'new' })
    await eventually('it works', () => instance.client('new').ping())
    await assert.rejects(instance.client().ping(), /WRONGPASS|NOAUTH/)
    assert.notEqual(readFileSync(path, 'utf8'), text)
    const { ino: after, mode } = statSync(path)
    assert.deepEqual([after === ino, mode & 0o777], [false, 0o600])
  })
})
