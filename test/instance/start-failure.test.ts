// A redis-server that cannot start: the reason is Redis' own words, always the same, and it starts once the cause is gone.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { configKey, mounts } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { instanceProcess, writeMounts, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

function writeConfig({ root }: InstanceProcess, text: string): void {
  writeFileSync(join(root + mounts.config, configKey), text)
}

async function stoppedReason(instance: InstanceProcess): Promise<string> {
  return await eventually(
    'redis-server is stopped for a reason',
    async () => {
      const { redis } = await instance.status()
      return redis.state === 'stopped' ? redis.reason : undefined
    },
    20,
  )
}

describe('a redis-server that cannot start', { timeout }, () => {
  it('is reported with the directive that it refuses, and starts when that is put right', async (t) => {
    const instance = await instanceProcess(t)
    writeConfig(instance, 'appendonly yes\nactivedefrag perhaps\n')
    instance.spawn()
    const reason = await stoppedReason(instance)
    assert.match(
      reason,
      /^redis-server ended with code 1: .*at line 2 >>> 'activedefrag perhaps' argument must/,
    )
    writeConfig(instance, 'appendonly yes\n')
    await eventually('redis-server runs', async () =>
      (await instance.status()).redis.state === 'running' ? true : undefined,
    )
    assert.equal((await instance.status()).redis.reason, undefined)
  })

  it('is reported without process id and time, so that a status does not move with every attempt', async (t) => {
    const instance = await instanceProcess(t)
    writeConfig(instance, 'loadmodule /none.so\n')
    instance.spawn()
    const reason = await stoppedReason(instance)
    assert.match(reason, /Can't load module from \/none\.so: server aborting$/)
    assert.doesNotMatch(reason, /[0-9]{2}:[0-9]{2}:[0-9]{2}|pid=|[0-9]+:M/)
  })

  it('is reported without the password in the line that it cannot read', async (t) => {
    const instance = await instanceProcess(t)
    writeMounts(instance.root, { replication: 'secret-one\nsecret-two' })
    instance.spawn()
    const reason = await stoppedReason(instance)
    assert.match(reason, />>> 'masterauth \.\.\.'/)
    assert.doesNotMatch(reason, /secret/)
  })
})
