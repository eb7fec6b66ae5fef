// Terms that fall back in status, while the primary holds newer ones and a partition comes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instanceAnnotations } from '../../../instance/api.ts'
import type { Host } from '../host.ts'
import {
  cast,
  change,
  endsWellConfirmed,
  hostOf,
  isNamedAfter,
  listed,
  part,
  pass,
  play,
  seeds,
  statusOf,
  until,
  untilConverged,
  wake,
  type Stage,
} from './stage.ts'

/** From 3 to 5; then somebody writes a status from before, or one that was made from its terms. */
async function growAndFallBack(stage: Stage, what: 'status' | 'terms'): Promise<void> {
  const older = statusOf(stage)
  change(stage, { instances: 5 })
  await untilConverged(stage, 60)
  assert.deepEqual(listed(stage), [5])
  // Long enough, or not, for the primary to hold the new one only.
  await pass(stage, stage.simulation.setting.seed % 2 === 0 ? 1.5 : 0)
  stage.simulation.world.tell(`the ${what} of before are written back`)
  const { terms = [] } = older
  stage.simulation.api.setStatus(what === 'status' ? older : { ...statusOf(stage), terms })
}

const termDiffers = (stage: Stage, primary: Host): boolean =>
  listed(stage).join() === '3' && primary.instance?.lastStatus().term?.members.length === 5

/** The primary and those of these ordinals on one side; the hooks, the API and all others on the other. */
function split(stage: Stage, near: readonly number[], api: boolean): Host {
  const { primary } = cast(stage)
  const all = [0, 1, 2, 3, 4].map((ordinal) => hostOf(stage, ordinal))
  const inside = [primary, ...near.map((ordinal) => hostOf(stage, ordinal))]
  const outside = all.filter((host) => !inside.includes(host))
  for (const host of inside) part(stage, host, ['hooks', ...(api ? (['api'] as const) : []), ...outside])
  return primary
}

interface Fallback {
  readonly forced: boolean
  /** Ordinals that are cut off together with the primary. */
  readonly near: readonly number[]
  readonly what: 'status' | 'terms'
  /** The primary still reaches the API. */
  readonly reachesApi: boolean
}

async function fallBackAndSplit({ forced, near, what, reachesApi }: Fallback): Promise<void> {
  let differed = 0
  for (const seed of seeds(2))
    for (const afterMs of [0, 400])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        await growAndFallBack(stage, what)
        await pass(stage, afterMs / 1000)
        const primary = split(stage, near, !reachesApi)
        if (termDiffers(stage, primary)) differed += 1
        if (forced) {
          stage.simulation.kubelet.stranded.add(primary.uid)
          stage.simulation.api.removePod(primary.uid)
        }
        wake(stage)
        await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
        await pass(stage, 16)
        await endsWellConfirmed(stage)
      })
  assert.ok(differed > 0, `status and primary differed ${differed} times`)
}

const old = [1]
const mixed = [2, 3]
const joined = [3, 4]
const whats = ['status', 'terms'] as const

test('terms that fall back make no second primary beside one that is cut off', async () => {
  for (const what of whats)
    for (const near of [old, mixed, joined])
      await fallBackAndSplit({ forced: false, near, what, reachesApi: false })
})

test('terms that fall back do not harm while old members are on both sides', async () => {
  for (const near of [old, mixed])
    for (const what of ['terms'] as const) {
      await fallBackAndSplit({ forced: false, near, what, reachesApi: true })
      await fallBackAndSplit({ forced: true, near, what, reachesApi: false })
    }
})

test('terms that fall back hide no copy of a primary that only the API hears', async () => {
  for (const what of whats) await fallBackAndSplit({ forced: false, near: joined, what, reachesApi: true })
})

test('terms that fall back make no second primary beside one whose Pod was deleted by force', async () => {
  for (const what of whats) await fallBackAndSplit({ forced: true, near: joined, what, reachesApi: false })
})

/** The first write of terms gets no answer, and is carried out only when somebody says so. */
function holdFirstTerms({ simulation: { api, world } }: Stage): { readonly arrives: () => void } {
  const { annotate } = api
  let late: (() => void) | undefined
  api.annotate = (name, uid, values, version) => {
    if (typeof values[instanceAnnotations.terms] !== 'string' || late !== undefined) {
      annotate.call(api, name, uid, values, version)
      return
    }
    late = () => annotate.call(api, name, uid, values, version)
    throw new Error('no answer')
  }
  const arrives = (): void => {
    assert.ok(late)
    world.tell('the first write of terms arrives')
    try {
      late()
    } catch (error) {
      world.tell((error as Error).message)
    }
  }
  return { arrives }
}

test('a write of terms that arrives late hides none that was made since, when terms fall back', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary: first } = cast(stage)
      const held = holdFirstTerms(stage)
      first.crashEngine()
      await until(stage, 'another serves', () => (statusOf(stage).currentEpoch ?? 0) > 1)
      await untilConverged(stage, 20)
      await pass(stage, 2)
      const { terms = [] } = statusOf(stage)
      change(stage, { instances: 5 })
      await untilConverged(stage, 60)
      await pass(stage, 3)
      held.arrives()
      stage.simulation.api.setStatus({ ...statusOf(stage), terms })
      const primary = split(stage, joined, true)
      assert.ok(termDiffers(stage, primary))
      wake(stage)
      await until(stage, 'another is named', () => isNamedAfter(stage, primary, 2))
      await pass(stage, 16)
      await endsWellConfirmed(stage)
    })
})
