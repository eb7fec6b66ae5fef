// Properties of every sync, over worlds that no example would think of.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { kinds, type Request } from '../../../hooks/rediscluster/observed.ts'
import type { InstanceReports, SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import {
  fenced,
  newborn,
  pod,
  primary,
  reigning,
  replica,
  reports,
  request,
  succession,
} from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

describe('properties', () => {
  const ordinal = fc.integer({ min: 0, max: 2 })
  const someStatus = fc.record({
    ordinal,
    make: fc.constantFrom('primary', 'replica', 'newborn', 'fenced', 'silent'),
    epoch: fc.integer({ min: 1, max: 3 }),
    target: ordinal,
    restarted: fc.boolean(),
    offsetBytes: fc.integer({ min: 0, max: 3 }),
  })
  const someWorld = fc.record({
    statuses: fc.uniqueArray(someStatus, { selector: (each) => each.ordinal, maxLength: 3 }),
    pods: fc.uniqueArray(ordinal, { maxLength: 3 }),
    recorded: fc.constantFrom<RedisClusterStatus | undefined>(
      undefined,
      reigning(),
      succession(1),
      succession(2),
    ),
  })
  type World = typeof someWorld extends fc.Arbitrary<infer T> ? T : never

  function toRequest({ statuses, pods, recorded }: World): { observed: Request; reported: InstanceReports } {
    const made = statuses.flatMap(({ ordinal: at, make, epoch, target, restarted, offsetBytes }) => {
      const more = { restarted, position: { offsetBytes, exact: true } }
      if (make === 'silent') return []
      if (make === 'primary') return [primary(at, epoch, more)]
      if (make === 'fenced') return [fenced(at, epoch, target, more)]
      return [make === 'newborn' ? newborn(at) : replica(at, more)]
    })
    const observed = request({
      pods: pods.map((at) => pod(at)),
      ...(recorded === undefined ? {} : { status: recorded }),
    })
    return { observed, reported: reports(...made) }
  }

  it('quiet: a second sync on its own status gives the same status and children', () => {
    fc.assert(
      fc.property(someWorld, (world) => {
        const { observed, reported } = toRequest(world)
        const settle = (status: RedisClusterStatus): SyncPlan =>
          plan({ ...observed, parent: { ...observed.parent, status } }, reported)
        const once = settle(plan(observed, reported).status)
        fc.pre(once.status.primaryEpoch === settle(once.status).status.primaryEpoch)
        const twice = settle(once.status)
        assert.deepEqual(settle(twice.status).status, twice.status)
        assert.deepEqual(settle(twice.status).children, twice.children)
      }),
      { numRuns: 500 },
    )
  })

  it('the order of keys and of reports changes nothing', () => {
    fc.assert(
      fc.property(someWorld, (world) => {
        const { observed, reported } = toRequest(world)
        const reversed = Object.fromEntries(Object.entries(reported).reverse())
        const pods = Object.fromEntries(Object.entries(observed.children[kinds.pod] ?? {}).reverse())
        const shuffled = { ...observed, children: { ...observed.children, [kinds.pod]: pods } }
        assert.deepEqual(plan(shuffled, reversed), plan(observed, reported))
      }),
      { numRuns: 300 },
    )
  })

  it('at most one promotion, only of the recorded target, with a proof for every contender but itself', () => {
    fc.assert(
      fc.property(someWorld, (world) => {
        const { observed, reported } = toRequest(world)
        const promotions = plan(observed, reported).commands.filter((command) => command.kind === 'Promote')
        assert.ok(promotions.length <= 1)
        for (const { to, epoch, proofs } of promotions) {
          assert.equal(to.uid, observed.parent.status?.targetPrimaryUID)
          assert.equal(epoch, observed.parent.status?.primaryEpoch)
          const old = observed.parent.status?.currentPrimaryUID
          assert.ok(old === undefined || old === to.uid || proofs.some(({ uid }) => uid === old))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('never leaves out a volume', () => {
    fc.assert(
      fc.property(someWorld, (world) => {
        const { observed, reported } = toRequest(world)
        assert.equal(
          plan(observed, reported).children.filter(({ kind }) => kind === 'PersistentVolumeClaim').length,
          3,
        )
      }),
    )
  })
})
