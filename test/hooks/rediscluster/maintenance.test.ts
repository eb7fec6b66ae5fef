// A maintenance window: nothing holds back a drain, and a replica that its node keeps out gets a new volume only while others hold the data.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import * as build from '../../support/builders.ts'
import { keptOut, reportsAround, type KeptOut } from '../../support/kept-out.ts'
import { plan } from '../../support/look.ts'

const window = (reusePVC: boolean, inProgress = true): Pick<RedisClusterSpec, 'nodeMaintenanceWindow'> => ({
  nodeMaintenanceWindow: { inProgress, reusePVC },
})
const seen = ({ spec, members, ...rest }: KeptOut = {}): SyncPlan =>
  plan(
    keptOut({ spec: { ...window(false), ...spec }, ...(members ? { members } : {}), ...rest }),
    reportsAround(members),
  )
const claims = ({ deletions }: SyncPlan): readonly string[] =>
  deletions.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ name }) => name)
const said = ({ status }: SyncPlan, type = 'MaintenanceInProgress'): string => {
  const condition = status.conditions?.find((each) => each.type === type)
  return condition === undefined ? '' : `${condition.status} ${condition.reason}: ${condition.message}`
}

describe('a maintenance window', () => {
  it('takes the budget away, and brings it back', () => {
    const children = build.observedChildren(build.request())
    const during = plan(build.request({ spec: window(true), children }))
    assert.deepEqual(
      during.deletions.map(({ kind, name }) => `${kind} ${name}`),
      ['PodDisruptionBudget cache-pdb'],
    )
    assert.ok(!during.children.some(({ kind }) => kind === 'PodDisruptionBudget'))
    assert.match(said(during), /^True MaintenanceEnabled/)
    assert.match(said(during, 'DrainBlocked'), /^False MaintenanceInProgress/)
    const after = plan(build.request({ spec: window(true, false), children: during.children }))
    assert.ok(after.children.some(({ kind }) => kind === 'PodDisruptionBudget'))
    assert.match(said(after), /^False MaintenanceDisabled/)
  })

  it('is told as an Event when it starts and when it ends', () => {
    const reasons = ({ events }: SyncPlan): readonly string[] =>
      events.map(({ reason }) => reason).filter((reason) => reason.startsWith('Maintenance'))
    const started = seen({ spec: window(true) })
    assert.deepEqual(reasons(started), ['MaintenanceWindowStarted'])
    const during = (spec: Partial<RedisClusterSpec>): readonly string[] =>
      reasons(plan(build.request({ spec, status: { ...build.reigning(), ...started.status } })))
    assert.deepEqual(during(window(true)), [])
    assert.deepEqual(during(window(true, false)), ['MaintenanceWindowEnded'])
    assert.deepEqual(during({}), ['MaintenanceWindowEnded'])
  })
})

describe('a replica that its node keeps out', () => {
  it('waits for its volume outside of a window, and in one that keeps volumes', () => {
    for (const spec of [window(true), window(false, false)]) assert.deepEqual(claims(seen({ spec })), [])
  })

  it('gets a new volume where the window says so', () => {
    const given = seen()
    assert.deepEqual(claims(given), ['cache-data-2'])
    assert.ok(!given.children.some(({ metadata }) => metadata.name === 'cache-data-2'))
    assert.match(said(given), /cache-2 gets a new volume for cache-data-2/)
    assert.deepEqual(
      given.events.filter(({ reason }) => reason === 'MaintenancePVCRecycled').map(({ message }) => message),
      ['cache-data-2 is deleted, for a new volume: cache-2 is kept from it by maintenance'],
    )
  })

  it('keeps it while counts are made over the Pod that used it', () => {
    const waits = seen({ members: [build.uidOf(0), build.uidOf(1), build.uidOf(2)] })
    assert.deepEqual(claims(waits), [])
    assert.match(said(waits), /cache-2 keeps its volume: counts are still made over the Pod/)
  })

  it('keeps it while too few others hold the data', () => {
    const durable = seen({ spec: { minSyncReplicas: 2 } })
    assert.deepEqual(claims(durable), [])
    assert.match(said(durable), /2 other replicas must be in sync with cache-0 \(1 are\)/)
    const cut = build.replica(1, { masterLinkStatus: 'down' })
    const term = build.term({ members: [build.uidOf(0), build.uidOf(1)] })
    const alone = plan(keptOut({ spec: window(false) }), build.reports(build.primary(0, 1, { term }), cut))
    assert.deepEqual(claims(alone), [])
  })

  it('keeps it while nobody serves', () => {
    const request = keptOut({ spec: window(false) })
    assert.deepEqual(claims(plan(request, build.reports(build.replica(1)))), [])
  })

  it('keeps a volume that was made for it, and one that is not there yet', () => {
    assert.deepEqual(claims(seen({ claim: { createdSecondsAgo: 30 } })), [])
    assert.deepEqual(claims(seen({ claim: { createdSecondsAgo: 60 } })), [])
    assert.deepEqual(claims(seen({ claim: { phase: 'Pending' } })), [])
  })

  it('is only one that the scheduler says so of', () => {
    const scheduled = { type: 'PodScheduled', status: 'True' }
    const gated = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }
    for (const scheduler of [scheduled, gated]) assert.deepEqual(claims(seen({ scheduler })), [])
  })
})
