// An old primary with writes that its successor lacks: real redis-servers, a copy before they follow, and how to read it.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { paths, salvageFolder, type SalvageCopy } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { detach, diverged, follow, name, opened, pair, succeed, terms } from '../support/diverged-pair.ts'
import { identity, ownUID, target, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

async function killRedis(instance: InstanceProcess): Promise<void> {
  const pid = instance.redisPid()
  process.kill(pid, 'SIGKILL')
  await eventually('redis-server is back', async () => {
    const { redis, role, writable } = await instance.status()
    return redis.state === 'running' && !redis.loading && role === 'slave' && !writable
      ? instance.redisPid() !== pid || undefined
      : undefined
  })
}

const onDisk = ({ root }: InstanceProcess): string => root + salvageFolder

async function copyOf({ status }: InstanceProcess): Promise<SalvageCopy> {
  const { salvage } = await status()
  assert.ok(salvage?.copy, JSON.stringify(salvage))
  return salvage.copy
}

/** As the docs tell: fetched with tar, then loaded by a redis-server that listens on a socket of its own. */
async function reading(t: TestContext, old: InstanceProcess, epoch: number): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'sv-'))
  execFileSync('sh', ['-c', `tar -c -C "$0" epoch-${epoch} | tar -x -C "$1"`, onDisk(old), folder])
  const directory = join(folder, `epoch-${epoch}`)
  const path = join(folder, 'socket')
  const flags = ['--port', '0', '--unixsocket', path, '--dir', directory, '--appendonly', 'yes']
  const server = spawn('redis-server', flags, { stdio: 'ignore' })
  const client = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: 0 })
  client.on('error', () => undefined)
  t.after(() => {
    client.disconnect()
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  await eventually('the copy is loaded', () => client.dbsize(), 20)
  return client
}

describe('an old primary whose successor lacks writes', { timeout }, () => {
  it('keeps them, tells how much it is, and follows; what it keeps can be read', async (t) => {
    const { old, successor } = await pair(t)
    await detach(successor, 2)
    await old.client().set('lost', 'x'.repeat(1000))
    await succeed(old, successor, 2)
    await successor.client().set('new', 'of epoch 2')
    await follow(old, successor, 2)
    assert.deepEqual(await old.client().mget('kept', 'lost', 'new'), ['on both', null, 'of epoch 2'])
    const { surplusBytes = 0, bytes, madeAt, ...rest } = await copyOf(old)
    assert.deepEqual(rest, { path: '/data/salvage/epoch-1', epoch: 1, primaryEpoch: 2 })
    assert.ok(surplusBytes > 1000 && surplusBytes < 2000, String(surplusBytes))
    assert.ok(bytes > 1000 && Math.abs(Date.now() - Date.parse(madeAt)) < 60_000)
    const copy = await reading(t, old, 1)
    assert.deepEqual(await copy.mget('kept', 'lost', 'new'), ['on both', 'x'.repeat(1000), null])
  })

  it('that was killed and started again keeps them without knowing how much it is', async (t) => {
    const { old, successor } = await pair(t)
    await detach(successor, 2)
    await old.client().set('lost', 'forever')
    await killRedis(old)
    await succeed(old, successor, 2)
    await follow(old, successor, 2)
    assert.equal((await copyOf(old)).surplusBytes, undefined)
    assert.equal(await (await reading(t, old, 1)).get('lost'), 'forever')
  })

  it('keeps them also when redis-server starts as a replica of it', async (t) => {
    const { old, successor } = await pair(t)
    await detach(successor, 2)
    await old.client().set('lost', 'forever')
    await old.kill('SIGKILL')
    name(successor, 2)
    await opened(successor, 2, { uid: ownUID, kind: 'Stopped' })
    const current = { currentPrimary: 'cache-1', currentPrimaryUID: 'u1', currentEpoch: 2 }
    old.api.reign = { ...old.api.reign, ...current }
    await old.start()
    await eventually('it has followed', async () => (await old.status()).dataEpoch === 2 || undefined)
    assert.equal((await copyOf(old)).primaryEpoch, 2)
    assert.equal(await (await reading(t, old, 1)).get('lost'), 'forever')
  })

  it('goes on without a copy when nothing is on disk, and says so', async (t) => {
    const { old, successor } = await pair(t, 'no')
    await detach(successor, 2)
    await old.client().set('lost', 'forever')
    await succeed(old, successor, 2)
    await follow(old, successor, 2)
    const { salvage } = await old.status()
    assert.deepEqual(salvage, {
      refused: { epoch: 1, reason: 'there is no append-only file on the volume' },
    })
  })

  it('forgets the copy when a person takes it away', async (t) => {
    const { old } = await diverged(t, (client) => client.set('lost', 'forever'))
    await copyOf(old)
    execFileSync('rm', ['-r', onDisk(old)])
    await eventually('it is forgotten', async () => (await old.status()).salvage === undefined || undefined)
    await killRedis(old)
    assert.equal(existsSync(onDisk(old)), false)
  })
})

describe('an old primary whose successor lacks nothing', { timeout }, () => {
  it('leaves no copy after a planned move, although it is stopped before it follows', async (t) => {
    const { old, successor } = await pair(t)
    const current = { currentPrimary: 'cache-0', currentPrimaryUID: ownUID, currentEpoch: 1 }
    const names = { targetPrimary: 'cache-1', targetPrimaryUID: 'u1', planned: 'Switchover' } as const
    old.api.reign = target(2, { ...names, ...current, terms })
    const query = { ...identity, epoch: '2', target: 'u1', targetIP: successor.ip }
    assert.equal((await old.post(paths.handover, query)).status, 200)
    await opened(successor, 2, { uid: ownUID, kind: 'Demoted' })
    await old.kill('SIGTERM')
    await old.start()
    await follow(old, successor, 2)
    assert.equal((await old.status()).salvage, undefined)
    assert.equal(existsSync(onDisk(old)), false)
  })

  it('leaves no copy after a failover, either', async (t) => {
    const { old, successor } = await pair(t)
    await succeed(old, successor, 2)
    await follow(old, successor, 2)
    assert.equal((await old.status()).salvage, undefined)
  })
})

describe('a second divergence', { timeout }, () => {
  it('within a day takes the place of a copy in which less is known to be, and else leaves it', async (t) => {
    const { old, successor } = await diverged(t, (client) => client.set('lost', 'first'))
    const first = await copyOf(old)
    // Back: the old one reigns again, and is killed with nothing to tell how much it had.
    await succeed(successor, old, 3)
    await follow(successor, old, 3)
    await detach(successor, 4)
    await old.client().set('lost', 'second')
    await killRedis(old)
    await succeed(old, successor, 4)
    await follow(old, successor, 4)
    assert.deepEqual((await old.status()).salvage, {
      copy: first,
      refused: { epoch: 3, reason: 'the copy of epoch 1 is less than a day old' },
    })
    await succeed(successor, old, 5)
    await follow(successor, old, 5)
    await detach(successor, 6)
    await old.client().set('lost', 'third'.repeat(1000))
    await succeed(old, successor, 6)
    await follow(old, successor, 6)
    assert.equal((await copyOf(old)).epoch, 5)
    assert.deepEqual(readdirSync(onDisk(old)), ['epoch-5'])
    assert.match((await (await reading(t, old, 5)).get('lost')) ?? '', /^(third){1000}$/)
  })
})
