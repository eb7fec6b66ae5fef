// Commands twice, a hundred at once, for a past epoch, while redis-server loads, is stopped by a person, hangs or is dead.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  configKey,
  fencedAnnotation,
  mounts,
  paths,
  Problem,
  problemType,
  type InstanceStatus,
  type ProblemCode,
} from '../../instance/api.ts'
import { Value } from '@sinclair/typebox/value'
import { eventually } from '../e2e/eventually.ts'
import {
  identity,
  instanceProcess,
  target,
  type Answer,
  type InstanceProcess,
} from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

const chosen = { dataEpoch: 0, offsetBytes: 0, restarted: true }

interface Commands {
  readonly fence: (epoch: number, to?: string) => Promise<Answer>
  readonly promote: (epoch: number) => Promise<Answer>
  readonly demote: (epoch: number, primary?: string) => Promise<Answer>
  readonly handover: (epoch: number, to?: string) => Promise<Answer>
  readonly peer: (epoch: number) => Promise<Answer>
}

function commandsOf({ post }: InstanceProcess): Commands {
  const asked = (epoch: number): Record<string, string> => ({ ...identity, epoch: String(epoch) })
  return {
    fence: (epoch, to = 'u1') => post(paths.fence, { ...asked(epoch), target: to }),
    promote: (epoch) => post(paths.promote, asked(epoch), { proofs: [], chosen }),
    demote: (epoch, primary = 'u1') =>
      post(paths.demote, { ...asked(epoch), primaryIP: '127.0.0.9', primary }),
    handover: (epoch, to = 'u1') =>
      post(paths.handover, { ...asked(epoch), target: to, targetIP: '127.0.0.9' }),
    peer: (epoch) =>
      post(
        paths.peer,
        {},
        { ...identity, from: 'u1', epoch, target: 'u1', writable: true, beat: 1, terms: [] },
      ),
  }
}

function isRefused({ status, body }: Answer, ...codes: readonly ProblemCode[]): void {
  assert.ok(Value.Check(Problem, body), JSON.stringify(body))
  assert.ok(codes.map(problemType).includes(body.type), JSON.stringify(body))
  assert.equal(body.status, status)
}

function areDone(answers: readonly Answer[]): void {
  for (const { status, body } of answers) assert.equal(status, 200, JSON.stringify(body))
}

const hundred = (command: () => Promise<Answer>): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: 100 }, command))

async function started(t: TestContext): Promise<InstanceProcess> {
  const instance = await instanceProcess(t)
  await instance.start()
  return instance
}

async function isSo(
  { status }: InstanceProcess,
  what: string,
  holds: (seen: InstanceStatus) => boolean,
): Promise<InstanceStatus> {
  return await eventually(what, async () => {
    const seen = await status()
    return holds(seen) ? seen : undefined
  })
}

describe('a hundred at once', { timeout }, () => {
  it('that promote for the same epoch open once, and are all told so', async (t) => {
    const instance = await started(t)
    const { promote } = commandsOf(instance)
    // A live read may be too old on a busy machine: then nobody opens, and all may ask again.
    await eventually('it opens', async () => {
      const answers = await hundred(() => promote(1))
      const refused = answers.filter(({ status }) => status !== 200)
      for (const answer of refused) isRefused(answer, 'stale-read', 'spent-epoch', 'claim-refused')
      return refused.length === 0 ? true : undefined
    })
    const { openedEpoch, writable, seen } = await instance.status()
    assert.deepEqual([openedEpoch, writable, seen], [1, true, 1])
    assert.equal(instance.api.pods.get(instance.pod)?.annotations['redis.io/epoch'], '1')
    assert.equal(await instance.client().set('a', 'b'), 'OK')
  })

  it('that fence, follow or beat for the same epoch do it once, and are all told so', async (t) => {
    const instance = await started(t)
    const { fence, demote, peer } = commandsOf(instance)
    areDone(await hundred(() => peer(2)))
    areDone(await hundred(() => fence(2)))
    areDone(await hundred(() => demote(2)))
    const { seen, seenTarget, follows, writable } = await instance.status()
    assert.deepEqual([seen, seenTarget, writable], [2, 'u1', false])
    assert.deepEqual(follows, { host: '127.0.0.9', port: 6379 })
  })

  it('of two minds about one epoch: one target is promised, and every other is refused', async (t) => {
    const instance = await started(t)
    const { fence } = commandsOf(instance)
    let number = 0
    const answers = await hundred(() => fence(3, `u${number++ % 7}`))
    const { seen, seenTarget } = await instance.status()
    assert.equal(seen, 3)
    for (const answer of answers) {
      if (answer.status === 200) assert.equal(answer.body.seenTarget, seenTarget)
      else isRefused(answer, 'conflicting-target')
    }
    assert.ok(answers.some(({ status }) => status === 200))
  })

  it('promotes against higher fences: the highest promise wins, and nothing is writable below it', async (t) => {
    const instance = await started(t)
    const { fence, promote } = commandsOf(instance)
    let number = 0
    const answers = await hundred(() => (number++ % 2 === 0 ? promote(1) : fence(2)))
    for (const answer of answers.filter(({ status }) => status !== 200))
      isRefused(answer, 'older-epoch', 'stale-read', 'spent-epoch', 'not-ready', 'redis-failed')
    const { seen, seenTarget, writable } = await instance.status()
    assert.deepEqual([seen, seenTarget, writable], [2, 'u1', false])
    await assert.rejects(instance.client().set('a', 'b'), /READONLY/)
  })
})

describe('a command for a past epoch', { timeout }, () => {
  it('is refused, and changes nothing', async (t) => {
    const instance = await started(t)
    await instance.open(1)
    const commands = commandsOf(instance)
    await commands.fence(5)
    const before = await instance.status()
    for (const epoch of [0, 1, 4])
      for (const command of [commands.fence, commands.promote, commands.demote, commands.handover])
        isRefused(await command(epoch), 'older-epoch')
    const { kind, epoch } = (await commands.peer(4)).body as { kind?: string; epoch?: number }
    assert.deepEqual([kind, epoch], ['superseded', 5])
    const { seen, seenTarget, writable, openedEpoch, follows } = await instance.status()
    assert.deepEqual(
      [seen, seenTarget, writable, openedEpoch, follows],
      [5, 'u1', false, before.openedEpoch, before.follows],
    )
  })
})

describe('while redis-server loads', { timeout }, () => {
  it('nothing opens or is followed; a fence is kept, and probes answer', async (t) => {
    const instance = await started(t)
    await instance.open(1)
    await instance.client().eval('for key = 1, 200000 do redis.call("set", key, "value") end', 0)
    await instance.kill('SIGTERM')
    // Redis looks up from loading every 1024 keys.
    const slow = 'appendonly yes\nsave ""\nappendfsync everysec\nkey-load-delay 100\n'
    writeFileSync(join(instance.root + mounts.config, configKey), slow)
    instance.api.reign = target(2, { currentEpoch: 1 })
    instance.spawn()
    await isSo(instance, 'it loads', ({ redis }) => redis.loading)
    const { promote, demote, fence } = commandsOf(instance)
    isRefused(await promote(2), 'not-ready', 'holds-less')
    isRefused(await demote(2, 'u0'), 'not-ready')
    areDone([await fence(3)])
    const { seen, writable, openedEpoch, redis } = await instance.status()
    assert.deepEqual([seen, writable, openedEpoch, redis.loading], [3, false, 1, true])
  })
})

describe('while a person keeps redis-server stopped', { timeout }, () => {
  it('nothing opens or is followed; a fence is kept', async (t) => {
    const instance = await instanceProcess(t)
    instance.api.annotations = { [fencedAnnotation]: '["cache-0"]' }
    instance.spawn()
    await isSo(instance, 'it waits', ({ redis, fencedByUser }) => fencedByUser && redis.state === 'waiting')
    await eventually('it has its volume', async () =>
      (await instance.fence(1)).status === 200 ? true : undefined,
    )
    await staysShut(instance)
  })
})

describe('while redis-server is dead', { timeout }, () => {
  it('nothing opens or is followed; a fence is kept', async (t) => {
    const instance = await started(t)
    writeFileSync(join(instance.root + mounts.config, configKey), 'loadmodule /none.so\n')
    process.kill(instance.redisPid(), 'SIGKILL')
    await isSo(instance, 'it cannot start', ({ redis }) => redis.reason?.includes('none.so') === true)
    await staysShut(instance)
  })
})

describe('while redis-server hangs', { timeout }, () => {
  it('nothing opens or is followed; a fence kills it and is kept', async (t) => {
    const instance = await started(t)
    const hung = instance.redisPid()
    process.kill(hung, 'SIGSTOP')
    await isSo(instance, 'it hangs', ({ redis }) => redis.state === 'hung')
    await staysShut(instance)
  })
})

/** The target of epoch 1, whose redis-server does not answer. */
async function staysShut(instance: InstanceProcess): Promise<void> {
  const { promote, demote, fence, peer } = commandsOf(instance)
  isRefused(await promote(1), 'not-ready', 'holds-less', 'redis-failed')
  const { openedEpoch, writable } = await instance.status()
  assert.deepEqual([openedEpoch, writable], [0, false])
  isRefused(await demote(2), 'not-ready', 'redis-failed')
  areDone([await peer(3), await fence(4), await fence(4)])
  const { seen, seenTarget } = await instance.status()
  assert.deepEqual([seen, seenTarget, (await instance.status()).writable], [4, 'u1', false])
}
