// Directives for a running redis-server: what it takes, what it refuses, what waits for a restart or for a better moment.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOwned } from '../../instance/directives.ts'
import { applyDirectives, givenAtStart, type Outcome } from '../../instance/live-directives.ts'
import { directivesOf, renderConf } from '../../instance/redis/conf.ts'
import type { RedisControl } from '../../instance/redis/control.ts'
import { eventually } from '../e2e/eventually.ts'
import { redisProcess } from '../support/redis-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 60_000

function apply(control: RedisControl, started: string, next: string): Promise<Outcome> {
  const before = directivesOf(started)
  return applyDirectives(control, before, directivesOf(next), givenAtStart(before))
}

describe('directives', { timeout }, () => {
  it('of a text are read as redis-server reads them: repeated, quoted, in any case', () => {
    const text = `
      # comment
      MaxMemory "100mb"
      maxmemory-policy 'allkeys-lru'
      save ""
      client-output-buffer-limit normal 1 2 3
      client-output-buffer-limit pubsub 4 5 6
      hz 10
      hz 20
    `
    assert.deepEqual(Object.fromEntries(directivesOf(text)), {
      maxmemory: '100mb',
      'maxmemory-policy': 'allkeys-lru',
      save: '',
      'client-output-buffer-limit': 'normal 1 2 3 pubsub 4 5 6',
      hz: '20',
    })
  })

  it('that every Pod adds belong to the operator', () => {
    const lines = renderConf('', {
      listen: '127.0.0.1',
      dataDirectory: '/data',
      runDirectory: '/run',
      announceIp: '127.0.0.1',
      replicationPassword: 'r',
      upstream: { host: '127.0.0.1', port: 1, epoch: 0 },
    })
    assert.deepEqual(
      [...directivesOf(lines).keys()].filter((directive) => !isOwned(directive)),
      [],
    )
  })

  it('that belong to the operator are refused under every name, and not given', async (t) => {
    const control = await (await redisProcess(t)).control()
    const hostile = [
      'replica-read-only no',
      'slave-read-only no',
      'Replica-Read-Only no',
      'slave-serve-stale-data no',
      'requirepass x',
      'masterauth x',
      'min-slaves-to-write 1',
      'dir /',
      'appendonly no',
    ]
    const { refused } = await apply(control, 'appendonly yes\n', hostile.join('\n'))
    assert.deepEqual(
      new Set(refused.map((each) => each.split(':')[0])),
      new Set(hostile.map((line) => line.split(' ')[0]?.toLowerCase())),
    )
  })

  it('are told with what they wait for, until they are put back', async (t) => {
    const control = await (await redisProcess(t)).control()
    const started = directivesOf('databases 16\nhz 10')
    const given = givenAtStart(started)
    const next = (text: string): Promise<Outcome> =>
      applyDirectives(control, started, directivesOf(text), given)
    const { needsRestart, refused } = await next('databases 4\ntimeout 9\nhz ten')
    assert.deepEqual([needsRestart, refused.length], [['databases'], 1])
    assert.match(refused[0] ?? '', /^hz: ERR .*integer/)
    assert.deepEqual(await next('databases 16\nhz 10'), { needsRestart: [], refused: [] })
    assert.equal(await control.configGet('timeout'), '0')
  })

  it('that redis-server was started with cannot be taken away without a restart, but for those of memory', async (t) => {
    const lines = ['timeout 9', 'maxmemory 9mb', 'client-output-buffer-limit normal 9mb 0 0']
    const control = await (await redisProcess(t, lines)).control()
    assert.deepEqual((await apply(control, lines.join('\n'), '')).needsRestart, ['timeout (removed)'])
    assert.equal(await control.configGet('maxmemory'), '0')
    assert.match((await control.configGet('client-output-buffer-limit')) ?? '', /^normal 0 0 0 /)
  })

  it('wait for no restart when they say what is in force anyway', async (t) => {
    const control = await (await redisProcess(t)).control()
    const { needsRestart } = await apply(control, '', 'databases 16\ntcp-backlog 7')
    assert.deepEqual(needsRestart, ['tcp-backlog'])
  })

  it('may change their name: the new one counts', async (t) => {
    const control = await (await redisProcess(t)).control()
    const started = directivesOf('')
    const given = givenAtStart(started)
    const next = (text: string): Promise<Outcome> =>
      applyDirectives(control, started, directivesOf(text), given)
    await next('hash-max-ziplist-entries 7')
    assert.deepEqual(await next('hash-max-listpack-entries 8'), { needsRestart: [], refused: [] })
    assert.equal(await control.configGet('hash-max-listpack-entries'), '8')
  })

  it('of client output buffers leave no class as an earlier text had it', async (t) => {
    const control = await (await redisProcess(t)).control()
    const limits = async (text: string): Promise<string | undefined> => {
      await apply(control, '', text)
      return await control.configGet('client-output-buffer-limit')
    }
    const [own, none] = ['normal 9mb 0 0', 'pubsub 8mb 0 0'].map(
      (each) => `client-output-buffer-limit ${each}`,
    )
    assert.match((await limits(own ?? '')) ?? '', /^normal 9437184 0 0 /)
    assert.match((await limits(none ?? '')) ?? '', /^normal 0 0 0 .* pubsub 8388608 0 0$/)
  })

  it('are not taken for refused while redis-server is stopped', async (t) => {
    const redis = await redisProcess(t)
    const control = await redis.control()
    process.kill(redis.pid, 'SIGSTOP')
    await assert.rejects(apply(control, '', 'hz 20'), /timed out/)
    process.kill(redis.pid, 'SIGCONT')
    await eventually('it takes them', () => apply(control, '', 'hz 20'))
  })

  it('are not taken for refused while a script lets nobody through', async (t) => {
    const redis = await redisProcess(t, ['busy-reply-threshold 1'])
    const control = await redis.control()
    const administrator = redis.administrator()
    await administrator.ping()
    const endless = assert.rejects(redis.administrator().eval('while true do end', 0), /killed/i)
    await eventually('it is busy', () =>
      assert.rejects(control.info(), /^ReplyError: BUSY/).then(() => 'seen'),
    )
    await assert.rejects(apply(control, '', 'hz 20'), /^ReplyError: BUSY/)
    await administrator.script('KILL')
    await endless
    assert.deepEqual(await apply(control, '', 'hz 20'), { needsRestart: [], refused: [] })
  })
})
