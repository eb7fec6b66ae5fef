// Fewer instances: the highest ordinal leaves first, never the primary, one at a time, and only while enough others hold the data.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceStatus } from '../../../instance/api.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

interface Seen {
  readonly instances: number
  readonly k?: number
  readonly status?: RedisClusterStatus
  readonly pods?: readonly Pod[]
  readonly reports?: readonly InstanceStatus[]
}

const of = (count: number): readonly number[] => Array.from({ length: count }, (_, ordinal) => ordinal)
const membersOf = (count: number): string[] => of(count).map(build.uidOf)
const five = (overrides: Partial<RedisClusterStatus> = {}): RedisClusterStatus =>
  build.reigning({ terms: [build.term({ members: membersOf(5) })], ...overrides })
const healthy = [
  build.primary(0, 1, { term: build.term({ members: membersOf(5) }) }),
  ...of(5)
    .slice(1)
    .map((ordinal) => build.replica(ordinal)),
]

function shrunk({
  instances,
  k,
  status = five(),
  pods = of(5).map((ordinal) => build.pod(ordinal)),
  reports = healthy,
}: Seen): SyncPlan {
  const spec = { instances, ...(k === undefined ? {} : { minSyncReplicas: k }) }
  return plan(build.request({ spec, status, pods }), build.reports(...reports))
}

const commands = (seen: SyncPlan): readonly string[] =>
  seen.commands.map(({ kind, to }) => `${kind} ${to.name}`)
const deleted = ({ deletions }: SyncPlan): readonly string[] => deletions.map(({ name }) => name)
const said = ({ status }: SyncPlan): string =>
  status.conditions?.find(({ type }) => type === 'SpecApplied')?.message ?? ''
const replaced = (change: Readonly<Record<number, Partial<InstanceStatus>>>): readonly InstanceStatus[] =>
  healthy.map((status, ordinal) => ({ ...status, ...change[ordinal] }))
const cut = { masterLinkStatus: 'down' } as const

describe('an instance that is one too many', () => {
  it('is told to stop for good before its Pod goes, the highest ordinal first', () => {
    const seen = shrunk({ instances: 3 })
    assert.deepEqual(commands(seen), ['Retire cache-4'])
    assert.deepEqual(deleted(seen), [])
  })

  it('is counted as a number', () => {
    const term = build.term({ members: membersOf(11) })
    const reports = [
      build.primary(0, 1, { term }),
      ...of(11)
        .slice(1)
        .map((ordinal) => build.replica(ordinal)),
    ]
    const pods = of(11).map((ordinal) => build.pod(ordinal))
    const status = build.reigning({ terms: [term] })
    assert.deepEqual(commands(shrunk({ instances: 9, status, reports, pods })), ['Retire cache-10'])
  })

  it('is removed only when counts are made without it, by the status and by the primary', () => {
    const still = { redis: { state: 'stopped', loading: false, silentSeconds: 0 } } as const
    const retired = { retired: true, ...still } as const
    const first = shrunk({ instances: 3, reports: replaced({ 4: retired }) })
    assert.deepEqual([deleted(first), commands(first)], [[], []])
    assert.deepEqual(first.status.terms?.[1]?.members, membersOf(4))
    const four = build.term({ members: membersOf(4) })
    const status = five({ terms: [four] })
    assert.deepEqual(deleted(shrunk({ instances: 3, reports: replaced({ 4: retired }), status })), [])
    const moved = shrunk({ instances: 3, reports: replaced({ 4: retired, 0: { term: four } }), status })
    assert.deepEqual(deleted(moved), ['cache-4'])
  })

  it('is told again after a failover, for which it had to come back', () => {
    const four = build.term({ members: membersOf(4) })
    const status = five({ terms: [four] })
    assert.deepEqual(commands(shrunk({ instances: 3, reports: replaced({ 0: { term: four } }), status })), [
      'Retire cache-4',
    ])
  })

  it('keeps its volume, which is told as dangling', () => {
    const pods = of(4).map((ordinal) => build.pod(ordinal))
    const whole = build.request({ spec: { instances: 5 }, status: five() })
    const children = Object.values(whole.children)
      .flatMap((each) => Object.values(each))
      .filter(({ kind }) => kind !== 'Pod')
    const request = build.request({ spec: { instances: 4 }, status: five({ ended: ['u4'] }), pods, children })
    const seen = plan(request, build.reports(...healthy.slice(0, 4)))
    assert.deepEqual(seen.status.danglingPVC, ['cache-data-4'])
    assert.ok(seen.children.some(({ metadata }) => metadata.name === 'cache-data-4'))
    assert.deepEqual(seen.status.terms?.[1]?.members, membersOf(4))
  })

  it('stays while too few of the others are in sync, and says so', () => {
    const seen = shrunk({ instances: 3, k: 2, reports: replaced({ 1: cut, 2: cut }) })
    assert.deepEqual([commands(seen).filter((each) => each.startsWith('Retire')), deleted(seen)], [[], []])
    assert.match(said(seen), /cache-4 stays until 2 other replicas are in sync with cache-0 \(1 are\)/)
    const alone = shrunk({ instances: 2, reports: replaced({ 1: cut, 2: cut, 3: cut }) })
    assert.match(said(alone), /cache-4 stays until 1 other/)
  })

  it('waits for one that stays and cannot start: that one is made anew first', () => {
    const waiting = { name: 'redis', state: { waiting: { reason: 'ImagePullBackOff' } } }
    const { metadata, ...made } = build.pod(1, { ready: false })
    const broken = {
      ...made,
      metadata: { ...metadata, annotations: { 'redis.io/spec-hash': 'of an earlier spec' } },
      status: { ...made.status, containerStatuses: [waiting] },
    }
    const pods = of(5).map((ordinal) => (ordinal === 1 ? broken : build.pod(ordinal)))
    const reports = healthy.filter((_, ordinal) => ordinal !== 1)
    assert.deepEqual(deleted(shrunk({ instances: 2, pods, reports })), ['cache-1'])
  })

  it('stays while it makes a backup', () => {
    const backup = { backupName: 'nightly', step: 'Upload' } as const
    const seen = shrunk({ instances: 3, reports: replaced({ 4: { backup } }) })
    assert.deepEqual([commands(seen), deleted(seen)], [[], []])
    assert.match(said(seen), /cache-4 makes the backup nightly/)
  })

  it('stays while counts are made over Pods that are gone, and what to say of dead machines is told', () => {
    const lost = build.term({ members: [...membersOf(5), 'u-lost'] })
    const seen = shrunk({
      instances: 3,
      status: five({ terms: [lost] }),
      reports: replaced({ 0: { term: lost } }),
    })
    assert.deepEqual(commands(seen), [])
    assert.match(
      said(seen),
      /counts are still made over Pods that are gone\. If .* redis.io\/confirm-gone=u-lost/,
    )
    const ended = five({ terms: [lost], ended: ['u-lost'] })
    const known = shrunk({ instances: 3, status: ended, reports: replaced({ 0: { term: lost } }) })
    assert.doesNotMatch(said(known), /confirm-gone/)
  })

  it('is not told to stop while the spec cannot be carried out', () => {
    const spec = { instances: 3, authSecret: { name: 'missing' } }
    const pods = of(5).map((ordinal) => build.pod(ordinal))
    const seen = plan(build.request({ spec, status: five(), pods }), build.reports(...healthy))
    assert.deepEqual([commands(seen), deleted(seen)], [[], []])
    assert.match(said(seen), /the spec cannot be carried out, see SpecValid/)
  })

  it('stays while another Pod is leaving', () => {
    const pods = of(5).map((ordinal) => build.pod(ordinal, { terminating: ordinal === 2 }))
    const seen = shrunk({ instances: 3, pods })
    assert.deepEqual([commands(seen), deleted(seen)], [[], []])
  })

  it('is removed unasked when it neither answers nor is ready: the others hold the data', () => {
    const pods = of(5).map((ordinal) => build.pod(ordinal, { ready: ordinal !== 4 }))
    assert.deepEqual(deleted(shrunk({ instances: 3, pods, reports: healthy.slice(0, 4) })), ['cache-4'])
  })

  it('stays while it does not answer and kubelet finds it ready: it may acknowledge writes', () => {
    const seen = shrunk({ instances: 3, reports: healthy.slice(0, 4) })
    assert.deepEqual(deleted(seen), [])
    assert.match(said(seen), /cache-4 does not answer, and cannot be told to stop for good/)
  })

  it('stays while it is counted and its Pod shows no address: that view of it is old', () => {
    const unaddressed = { ...build.pod(4), status: { phase: 'Pending' } }
    const pods = [...of(4).map((ordinal) => build.pod(ordinal)), unaddressed]
    assert.deepEqual(deleted(shrunk({ instances: 3, pods, reports: healthy.slice(0, 4) })), [])
  })

  it('hands over first when it is the primary, to one that stays', () => {
    const term = build.term({ members: membersOf(5) })
    const status = five({
      currentPrimary: 'cache-4',
      currentPrimaryUID: 'u4',
      targetPrimary: 'cache-4',
      targetPrimaryUID: 'u4',
    })
    const follows = { seenTarget: 'u4', follows: { host: build.ipOf(4), port: 6379 } }
    const reports = [
      ...of(4).map((ordinal) => build.replica(ordinal, follows)),
      build.primary(4, 1, { term }),
    ]
    const seen = shrunk({ instances: 1, status, reports })
    assert.deepEqual([seen.status.targetPrimary, seen.status.planned], ['cache-0', 'ScaleDown'])
    assert.deepEqual(deleted(seen), [])
    const late = reports.map((report) => (report.podUID === 'u0' ? { ...report, ...cut } : report))
    assert.match(said(shrunk({ instances: 1, status, reports: late })), /no instance that stays is in sync/)
  })

  it('comes back as a new Pod when the scale-down is taken back after it has stopped', () => {
    const reports = replaced({
      4: { retired: true, redis: { state: 'stopped', loading: false, silentSeconds: 0 } },
    })
    const pods = of(5).map((ordinal) => build.pod(ordinal, { ready: ordinal !== 4 }))
    assert.deepEqual(deleted(shrunk({ instances: 5, reports, pods })), [])
    const four = build.term({ members: membersOf(4) })
    const counted = reports.map((report, ordinal) => (ordinal === 0 ? { ...report, term: four } : report))
    const seen = shrunk({ instances: 5, reports: counted, pods, status: five({ terms: [four] }) })
    assert.deepEqual([commands(seen), deleted(seen)], [[], ['cache-4']])
  })
})
