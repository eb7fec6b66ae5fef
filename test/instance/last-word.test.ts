// An instance says that it has ended for good only when nothing of its Pod can run again, and grants nothing after that.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Heartbeat } from '../../instance/api.ts'
import { guardOf } from '../../instance/admission.ts'
import type { ClusterConfig, Config } from '../../instance/config.ts'
import { sayLastWord } from '../../instance/last-word.ts'
import type { Life } from '../../instance/life.ts'
import type { Parts } from '../../instance/parts.ts'

interface End {
  readonly podUid?: string
  readonly deleted?: boolean
  readonly state?: string
  readonly loaded?: boolean
  readonly clusterDeleted?: boolean
  readonly apiFails?: boolean
  readonly diskFails?: boolean
}

interface Said {
  readonly words: readonly (readonly [ip: string, heartbeat: Heartbeat])[]
  /** UIDs that are on the volume, as those that have ended. */
  readonly written: readonly string[]
}

const config = { uid: 'c1', pod: 'cache-0', podUid: 'u0' } as ClusterConfig

/** What cache-0 (u0) tells cache-1 and cache-2; the second of them cannot be reached. */
async function end(of: End): Promise<Said> {
  const { podUid = 'u0', deleted = true, state = 'stopped', loaded = true, clusterDeleted = false } = of
  const words: (readonly [string, Heartbeat])[] = []
  const written: string[] = []
  const life = {
    engine: { seen: () => ({ state }) },
    keeper: {
      loaded: () => loaded,
      state: () => ({ seen: 4, seenTarget: 'u1' }),
      record: ({ ended }: { ended: string }) =>
        of.diskFails === true ? Promise.reject(new Error('full')) : Promise.resolve(void written.push(ended)),
    },
  } as unknown as Life
  const parts = {
    api: {
      getPod: () =>
        of.apiFails === true ? Promise.reject(new Error('down')) : Promise.resolve({ uid: podUid, deleted }),
    },
    log: { warn: () => undefined },
    beat: (ip: string, heartbeat: Heartbeat) => {
      words.push([ip, heartbeat])
      return ip === '10.0.0.2'
        ? Promise.reject(new Error('unreachable'))
        : Promise.resolve({ kind: 'granted' })
    },
  } as unknown as Parts
  const addresses = { u0: '10.0.0.0', u1: '10.0.0.1', u2: '10.0.0.2' }
  await sayLastWord(config, parts, life, { addresses, deleted: clusterDeleted })
  return { words, written }
}

describe('the last word of an instance', () => {
  it('goes to every other one, reachable or not', async () => {
    const { words, written } = await end({})
    const common = {
      cluster: 'c1',
      from: 'u0',
      epoch: 4,
      target: 'u1',
      writable: false,
      beat: 0,
      terms: [],
      ended: true,
    }
    assert.deepEqual(words, [
      ['10.0.0.1', { ...common, pod: 'u1' }],
      ['10.0.0.2', { ...common, pod: 'u2' }],
    ])
    assert.deepEqual(written, ['u0'])
  })

  const silent: readonly (readonly [string, End])[] = [
    ['its Pod is not being deleted: it may start again', { deleted: false }],
    ['the Pod of its name is another one', { podUid: 'u9' }],
    ['the API does not answer', { apiFails: true }],
    ['its redis-server runs', { state: 'running' }],
    ['it never had the lock on its volume: an orphan may run there', { loaded: false }],
    ['the whole cluster goes', { clusterDeleted: true }],
    ['it cannot be written down', { diskFails: true }],
  ]
  for (const [why, of] of silent)
    it(`is not said when ${why}`, async () => {
      assert.deepEqual(await end(of), { words: [], written: [] })
    })

  it('is its last: it answers no command and no heartbeat after that', () => {
    const life = { hasEnded: true, keeper: { loaded: () => true } } as unknown as Life
    const named = { cluster: 'c1', pod: 'u0' }
    const whole = { cluster: config } as Config
    assert.match(guardOf(whole, life)(named)?.detail ?? '', /has ended/)
    assert.equal(
      guardOf(whole, { hasEnded: false, keeper: life.keeper } as unknown as Life)(named),
      undefined,
    )
  })
})
