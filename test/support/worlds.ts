// Worlds for property tests: healthy stories with parts that do not fit, and what becomes of one when a plan is applied.
import fc from 'fast-check'
import type { InstanceStatus } from '../../instance/api.ts'
import type { KubernetesObject, ObjectMap } from '../../metacontroller/contract.ts'
import type { Pod } from '../../hooks/kubernetes.ts'
import { kinds, type Request } from '../../hooks/rediscluster/observed.ts'
import type { InstanceReports, SyncPlan } from '../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import type { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'
import * as build from './builders.ts'

export interface World {
  readonly observed: Request
  readonly reported: InstanceReports
}

const mostInstances = 4
const ordinals = Array.from({ length: mostInstances }, (_, ordinal) => ordinal)
const ordinal = fc.nat(mostInstances - 1)
const epoch = fc.integer({ min: 1, max: 3 })
const rarely = fc.nat(9).map((value) => value === 0)

/** What a cluster goes through: what its status records, and what every instance then reports. */
interface Story {
  readonly status?: RedisClusterStatus
  readonly report: (ordinal: number) => InstanceStatus | undefined
}

const contenders = [{ uid: 'ghost', name: 'cache-9', ip: '127.9.9.9', epoch: 1 }]
const frozen = (at: number): InstanceStatus => build.fenced(at, 2, 1)
const stories: readonly Story[] = [
  { report: build.newborn },
  { status: {}, report: () => undefined },
  {
    status: build.reigning(),
    report: (at) => (at === 0 ? build.primary(0) : build.replica(at)),
  },
  { status: build.reigning(), report: (at) => (at === 0 ? undefined : build.replica(at)) },
  { status: build.succession(1), report: (at) => (at === 0 ? undefined : build.replica(at)) },
  { status: build.succession(1), report: frozen },
  { status: build.succession(1, { contenders }), report: frozen },
  { status: build.succession(1), report: (at) => (at === 1 ? build.primary(1, 2) : frozen(at)) },
]

const someReport = fc.record({
  ordinal,
  make: fc.constantFrom('primary', 'replica', 'newborn', 'fenced', 'silent'),
  epoch,
  target: ordinal,
  restarted: fc.boolean(),
  offsetBytes: fc.nat(200),
  state: fc.constantFrom<'running' | 'stopped'>('running', 'running', 'stopped'),
})

const somePod = fc.record({
  ordinal,
  exists: fc.boolean(),
  terminating: fc.boolean(),
  ended: fc.boolean(),
  ready: fc.boolean(),
  phase: fc.constantFrom('Running', 'Pending', 'Failed', 'Succeeded'),
  claim: fc.option(epoch, { nil: undefined }),
})

const someSpec: fc.Arbitrary<Partial<RedisClusterSpec>> = fc.record(
  {
    instances: fc.integer({ min: 1, max: mostInstances }),
    enablePodDisruptionBudget: fc.boolean(),
    redis: fc.constantFrom({}, { 'maxmemory-policy': 'allkeys-lru' }, { replicaof: 'no one' }),
    authSecret: fc.constant({ name: 'mine' }),
    connectionSecret: fc.record({ name: fc.constantFrom('app', 'app-2', 'mine') }),
    podLabels: fc.constantFrom({}, { team: 'shop' }, { team: 'other', tier: '' }),
    volumes: fc.constantFrom([], [{ name: 'tmp', emptyDir: {} }]),
    nodeSelector: fc.constantFrom({}, { disk: 'ssd' }),
    storage: fc.record({
      type: fc.constant('pvc'),
      size: fc.constantFrom('1Gi', '2Gi'),
      reclaimPolicy: fc.constantFrom('Retain', 'Delete'),
    }),
  },
  { requiredKeys: ['instances'] },
)

const someRecipe = fc.record({
  story: fc.constantFrom(...stories),
  /** What the children were made from, and what the parent says now. */
  before: someSpec,
  spec: someSpec,
  oddReports: fc.uniqueArray(someReport, { selector: (each) => each.ordinal, maxLength: mostInstances }),
  oddPods: fc.uniqueArray(somePod, { selector: (each) => each.ordinal, maxLength: mostInstances }),
  named: fc.constantFrom(...Array<string>(9).fill(build.clusterName), build.namespace),
  /** Which of the other children are missing, and which are terminating, by their place in the list. */
  missing: fc.array(fc.nat(20), { maxLength: 3 }),
  leaving: fc.array(fc.nat(20), { maxLength: 2 }),
  none: rarely,
  surplusVolume: fc.boolean(),
  retainedVolume: rarely,
  secretMissing: rarely,
})
type Recipe = typeof someRecipe extends fc.Arbitrary<infer T> ? T : never

/** As JSON, for that is how they come. */
export const someWorld: fc.Arbitrary<World> = someRecipe.map((recipe) => {
  const world = { observed: requestOf(recipe), reported: reportsOf(recipe) }
  return JSON.parse(JSON.stringify(world)) as World
})

/** The world after Metacontroller applied the plan; what terminates goes on terminating, and instances report the same. */
export function applied({ observed, reported }: World, { status, children }: SyncPlan): World {
  const before = objectsOf(observed.children)
  const after = children.map((child) => {
    const old = before.find((other) => isSame(other, child))
    const owners = child.kind === 'Pod' ? { ownerReferences: build.pod(0).metadata.ownerReferences } : {}
    const fresh = { uid: `made-${child.kind}-${child.metadata.name}`, ...owners }
    return {
      ...old,
      ...child,
      metadata: { ...fresh, ...old?.metadata, ...child.metadata },
    } as KubernetesObject
  })
  const leaving = before.filter((old) => isLeaving(old) && !after.some((child) => isSame(old, child)))
  const next = { ...observed, parent: { ...observed.parent, status } }
  return { observed: { ...next, children: build.objectMap([...after, ...leaving]) }, reported }
}

/** Names of the observed Pods that nobody has asked to go yet. */
export const livePods = ({ observed }: World): readonly string[] =>
  Object.values(observed.children[kinds.pod] ?? {})
    .filter((pod) => !isLeaving(pod))
    .map(({ metadata }) => metadata.name)

function requestOf(recipe: Recipe): Request {
  const { story, before, spec, named, surplusVolume, retainedVolume, secretMissing } = recipe
  const made = objectsOf(build.request({ spec: before, name: named, pods: [] }).children)
  const kept = recipe.none ? [] : made.filter((_, place) => !recipe.missing.includes(place))
  const children = kept.map((child, place) => (recipe.leaving.includes(place) ? leavingNow(child) : child))
  return build.request({
    spec,
    name: named,
    ...(story.status === undefined ? {} : { status: story.status }),
    pods: recipe.none ? [] : podsOf(recipe),
    children: [...children, ...(surplusVolume ? [volume('cache-data-7')] : [])],
    related: [
      ...(secretMissing ? [] : [userSecret]),
      ...(retainedVolume ? [volume('cache-data-0', { 'controller-uid': 'earlier' })] : []),
    ],
  })
}

function podsOf({ before, oddPods }: Recipe): readonly Pod[] {
  return ordinals.slice(0, before.instances).flatMap((at) => {
    const odd = oddPods.find((each) => each.ordinal === at)
    if (odd === undefined) return [build.pod(at)]
    const { exists, ordinal: _at, claim, ...options } = odd
    return exists ? [build.pod(at, { ...options, ...(claim === undefined ? {} : { claim }) })] : []
  })
}

function reportsOf({ story, oddReports }: Recipe): InstanceReports {
  const statuses = ordinals.map((at) => {
    const odd = oddReports.find((each) => each.ordinal === at)
    return odd === undefined ? story.report(at) : oddStatus(odd)
  })
  return build.reports(...statuses.filter((status) => status !== undefined))
}

function oddStatus(recipe: Recipe['oddReports'][number]): InstanceStatus | undefined {
  const { ordinal: at, make, epoch: inEpoch, target, restarted, offsetBytes, state } = recipe
  const more = {
    restarted,
    position: { offsetBytes, exact: true },
    redis: { state, loading: false, silentSeconds: 0 },
    ...(state === 'running' ? {} : { writable: false }),
  }
  if (make === 'silent') return undefined
  if (make === 'primary') return build.primary(at, inEpoch, more)
  if (make === 'fenced') return build.fenced(at, inEpoch, target, more)
  return make === 'newborn' ? build.newborn(at) : build.replica(at, more)
}

const objectsOf = (map: ObjectMap): readonly KubernetesObject[] =>
  Object.values(map).flatMap((byName) => Object.values(byName))

const isSame = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a.kind === b.kind && a.metadata.name === b.metadata.name

const isLeaving = ({ metadata }: KubernetesObject): boolean => metadata.deletionTimestamp !== undefined

const leavingNow = (child: KubernetesObject): KubernetesObject => ({
  ...child,
  metadata: { ...child.metadata, deletionTimestamp: build.secondsAgo(1) },
})

const volume = (name: string, labels: Record<string, string> = {}): KubernetesObject & { spec: object } => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: build.namespace, uid: `uid-${name}`, labels },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
})

const userSecret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'mine', namespace: build.namespace },
  data: { password: btoa('p') },
}
