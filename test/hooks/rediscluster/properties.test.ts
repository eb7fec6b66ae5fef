// Properties of every sync, over worlds that no example would think of.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { childKinds } from '../../../hooks/rediscluster/controller.ts'
import { kinds } from '../../../hooks/rediscluster/observed.ts'
import type { InstanceReport, SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import { violationsOf } from '../../../metacontroller/validate.ts'
import { sync } from '../../../hooks/rediscluster/sync.ts'
import { entropy, image, namespace, now } from '../../support/builders.ts'
import { plan } from '../../support/look.ts'
import { applied, livePods, someWorld, type World } from '../../support/worlds.ts'

const planOf = ({ observed, reported }: World): SyncPlan => plan(observed, reported)

/** Later, with streams that have gone on. */
function planAt({ observed, reported }: World, seconds: number): SyncPlan {
  const moved: [string, InstanceReport][] = Object.entries(reported).map(([uid, report]) => {
    if (report.kind === 'Silent') return [uid, report]
    const replicationOffset = report.status.replicationOffset + seconds
    return [uid, { ...report, status: { ...report.status, replicationOffset } }]
  })
  const at = new Date(now.getTime() + seconds * 1000)
  return sync(observed, Object.fromEntries(moved), at, entropy, { image })
}

const namesOf = (children: SyncPlan['children'], kind: string): readonly string[] =>
  children.filter((child) => child.kind === kind).map(({ metadata }) => metadata.name)

function always(runs: number, property: (world: World) => void): void {
  fc.assert(fc.property(someWorld, property), { numRuns: runs })
}

/** Foundations, then Pods, then one failed Pod after the other, and a succession that names again. */
const roundsToSettle = 12

const outcome = ({ status, children, commands, deletions }: SyncPlan): object => ({
  status,
  children,
  commands,
  deletions,
})

function assertQuiet(world: World, stepSeconds: number): void {
  let [settled, last] = [world, planAt(world, 0)]
  for (let round = 1; round <= roundsToSettle + 2; round += 1) {
    settled = applied(settled, last)
    const next = planAt(settled, round * stepSeconds)
    if (round > roundsToSettle) {
      assert.deepEqual(outcome(next), { ...outcome(last), deletions: [] })
      assert.deepEqual(next.events, [])
    }
    last = next
  }
}

describe('properties', () => {
  it('deterministic: the same input gives the same plan, and the input is left as it was', () => {
    always(500, (world) => {
      const before = structuredClone(world)
      const first = planOf(world)
      assert.deepEqual(world, before)
      assert.deepEqual(planOf(before), first)
    })
  })

  it('the order of keys and of reports changes nothing', () => {
    const reversed = <T extends object>(map: T): T => Object.fromEntries(Object.entries(map).reverse()) as T
    always(300, (world) => {
      const { observed, reported } = world
      const children = Object.entries(observed.children).map(
        ([kind, byName]) => [kind, reversed(byName)] as const,
      )
      const shuffled = { ...observed, children: reversed(Object.fromEntries(children)) }
      assert.deepEqual(plan(shuffled, reversed(reported)), planOf(world))
    })
  })

  it('quiet: while the instances report the same, the plans settle and then change nothing', () => {
    always(500, (world) => assertQuiet(world, 0))
  })

  it('quiet: while the instances report the same, time and offsets alone change nothing', () => {
    always(500, (world) => assertQuiet(world, 3600))
  })

  it('at most one promotion, only of the recorded target, with a proof for every contender but itself', () => {
    always(1000, (world) => {
      const { status } = world.observed.parent
      const promotions = planOf(world).commands.filter((command) => command.kind === 'Promote')
      assert.ok(promotions.length <= 1)
      for (const { to, epoch, proofs } of promotions) {
        assert.equal(to.uid, status?.targetPrimaryUID)
        assert.equal(epoch, status?.primaryEpoch)
        const old = status?.currentPrimaryUID
        assert.ok(old === undefined || old === to.uid || proofs.some(({ uid }) => uid === old))
      }
    })
  })

  it('never fewer volumes: every observed one is returned', () => {
    always(500, (world) => {
      const returned = namesOf(planOf(world).children, 'PersistentVolumeClaim')
      const observed = Object.values(world.observed.children[kinds.volume] ?? {})
      assert.deepEqual(
        observed.filter(({ metadata }) => !returned.includes(metadata.name)),
        [],
      )
    })
  })

  it('at most one Pod is deleted', () => {
    always(500, (world) => {
      const returned = namesOf(planOf(world).children, 'Pod')
      assert.ok(livePods(world).filter((name) => !returned.includes(name)).length <= 1)
    })
  })

  it('the answer may always be sent', () => {
    always(500, (world) => {
      const answer = planOf(world)
      const { deletions } = answer
      assert.deepEqual(
        violationsOf(answer, { request: world.observed, childKinds, deletions, namespace }),
        [],
      )
    })
  })
})
