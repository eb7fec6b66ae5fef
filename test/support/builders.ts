// Builders for sync requests and instance reports: every default is healthy, a test names only what is wrong.
import type { InstanceStatus } from '../../instance/api.ts'
import type { Term } from '../../instance/ballot.ts'
import type { KubernetesObject, ObjectMap } from '../../metacontroller/contract.ts'
import type { Pod } from '../../hooks/kubernetes.ts'
import { desiredChildren } from '../../hooks/rediscluster/children/desired.ts'
import { blueprintOf } from '../../hooks/rediscluster/blueprint.ts'
import { templateHash } from '../../hooks/rediscluster/children/pod.ts'
import { annotations, labels } from '../../hooks/rediscluster/names.ts'
import type { Request } from '../../hooks/rediscluster/observed.ts'
import type { InstanceReport, InstanceReports } from '../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import type { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'

export const clusterName = 'cache'
export const namespace = 'shop'
export const clusterUID = 'c1'
export const now = new Date('2026-03-01T10:00:00.000Z')
export const entropy = '0123456789abcdef'.repeat(8)
export const image = 'example/redis-operator:1'

export const uidOf = (ordinal: number): string => `u${ordinal}`
export const ipOf = (ordinal: number): string => `127.1.0.${10 + ordinal}`
export const secondsAgo = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString()

export function spec(overrides: Partial<RedisClusterSpec> = {}): RedisClusterSpec {
  return {
    instances: 3,
    mode: 'standalone',
    storage: { type: 'pvc', size: '1Gi', reclaimPolicy: 'Retain' },
    enablePodDisruptionBudget: true,
    ...overrides,
  }
}

interface PodOptions {
  readonly uid?: string
  readonly claim?: number
  readonly terminating?: boolean
  readonly ended?: boolean
  readonly ready?: boolean
  readonly phase?: string
  readonly owner?: string
}

export function pod(ordinal: number, options: PodOptions = {}): Pod {
  const {
    uid = uidOf(ordinal),
    claim,
    terminating = false,
    ended = false,
    ready = true,
    phase = 'Running',
    owner = clusterUID,
  } = options
  const name = `${clusterName}-${ordinal}`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid,
      labels: { [labels.cluster]: clusterName },
      ...(claim === undefined ? {} : { annotations: { 'redis.io/epoch': String(claim) } }),
      ...(terminating ? { deletionTimestamp: secondsAgo(1) } : {}),
      ownerReferences: [
        { apiVersion: 'redis.io/v1', kind: 'RedisCluster', name: clusterName, uid: owner, controller: true },
      ],
    },
    spec: { containers: [{ name: 'redis', image: 'created/with:this' }], nodeName: 'n1' },
    status: {
      phase,
      podIP: ipOf(ordinal),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        { name: 'redis', state: ended ? { terminated: { exitCode: 0 } } : { running: {} } },
      ],
    },
  }
}

/** A healthy replica of the primary at ordinal 0, in epoch 1. */
export function replica(ordinal: number, overrides: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    role: 'slave',
    replicationOffset: 100,
    connectedReplicas: 0,
    masterLinkStatus: 'up',
    connected: true,
    podUID: uidOf(ordinal),
    podName: `${clusterName}-${ordinal}`,
    seen: 1,
    seenTarget: uidOf(0),
    shownPromises: [],
    grant: { seconds: 60 },
    relayed: [],
    openedEpoch: 0,
    writable: false,
    dataEpoch: 1,
    foreign: false,
    empty: false,
    restarted: false,
    position: { offsetBytes: 100, exact: true },
    follows: { host: ipOf(0), port: 6379 },
    syncInProgress: false,
    redis: { state: 'running', loading: false, silentSeconds: 0 },
    fencedByUser: false,
    terminating: false,
    volume: { locked: true, predecessors: [] },
    config: { hash: 'h', needsRestart: [], refused: [] },
    eventLoopDelayMs: 1,
    ...overrides,
  }
}

/** The healthy primary of epoch 1 (or `epoch`). */
export function primary(ordinal: number, epoch = 1, overrides: Partial<InstanceStatus> = {}): InstanceStatus {
  const { masterLinkStatus: _link, follows: _follows, ...rest } = replica(ordinal)
  return {
    ...rest,
    role: 'master',
    seen: epoch,
    seenTarget: uidOf(ordinal),
    openedEpoch: epoch,
    writable: true,
    dataEpoch: epoch,
    term: term(),
    ...overrides,
  }
}

/** An instance before its cluster was born: answers, holds nothing, has promised nothing. */
export function newborn(ordinal: number, overrides: Partial<InstanceStatus> = {}): InstanceStatus {
  const { seenTarget: _target, ...rest } = replica(ordinal)
  const nothing = { seen: 0, dataEpoch: 0, empty: true, restarted: true, replicationOffset: 0 } as const
  return {
    ...rest,
    ...nothing,
    masterLinkStatus: 'down',
    position: { offsetBytes: 0, exact: true },
    follows: { host: '127.0.0.1', port: 1 },
    ...overrides,
  }
}

/** Fenced for `epoch` → `target`: holds still, follows nobody. */
export function fenced(
  ordinal: number,
  epoch: number,
  target: number,
  overrides: Partial<InstanceStatus> = {},
): InstanceStatus {
  return replica(ordinal, {
    seen: epoch,
    seenTarget: uidOf(target),
    masterLinkStatus: 'down',
    follows: { host: '127.0.0.1', port: 1 },
    ...overrides,
  })
}

/** The three instances, without a replica that WAIT would need. */
export function term(overrides: Partial<Term> = {}): Term {
  const timeouts = { apiServerTimeoutSeconds: 2.5, peerTimeoutSeconds: 5 }
  return {
    members: [uidOf(0), uidOf(1), uidOf(2)],
    minSyncReplicas: 0,
    isolation: true,
    ...timeouts,
    ...overrides,
  }
}

/** What status records while ordinal 0 is the installed primary of epoch 1. */
export function reigning(overrides: RedisClusterStatus = {}): RedisClusterStatus {
  return {
    currentPrimary: `${clusterName}-0`,
    currentPrimaryUID: uidOf(0),
    currentEpoch: 1,
    targetPrimary: `${clusterName}-0`,
    targetPrimaryUID: uidOf(0),
    primaryEpoch: 1,
    terms: [term()],
    image,
    ...overrides,
  }
}

/** What status records after ordinal `to` was named for epoch 2. */
export function succession(to: number, overrides: RedisClusterStatus = {}): RedisClusterStatus {
  const names = { targetPrimary: `${clusterName}-${to}`, targetPrimaryUID: uidOf(to), primaryEpoch: 2 }
  return reigning({ ...names, namedAt: secondsAgo(0), ...overrides })
}

export function silent(reason = 'timeout'): InstanceReport {
  return { kind: 'Silent', reason }
}

/** Reports by Pod UID. */
export function reports(...statuses: readonly InstanceStatus[]): InstanceReports {
  return Object.fromEntries(statuses.map((status) => [status.podUID, { kind: 'Answered', status }]))
}

interface RequestOptions {
  readonly spec?: Partial<RedisClusterSpec>
  readonly status?: RedisClusterStatus
  readonly pods?: readonly Pod[]
  readonly related?: readonly KubernetesObject[]
  readonly name?: string
  /** Of the RedisCluster. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Children beside Pods; by default all that the operator would have made. */
  readonly children?: readonly KubernetesObject[]
}

const namespaceObject: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, uid: 'ns1' },
}

/** A request about a cluster whose children all exist; pass `children: []` for one that was just created. */
export function request(options: RequestOptions = {}): Request {
  const bare = bareRequest(options)
  const children = options.children ?? observedChildren(bare)
  const pods = (options.pods ?? [pod(0), pod(1), pod(2)]).map((each) => madeFrom(each, bare))
  return { ...bare, children: objectMap([...pods, ...children]) }
}

/** A Pod is as the spec asks, unless it says that it was made from another. */
function madeFrom(made: Pod, { parent }: Request): Pod {
  const template = { [annotations.template]: templateHash(parent) }
  return {
    ...made,
    metadata: { ...made.metadata, annotations: { ...template, ...made.metadata.annotations } },
  }
}

function bareRequest(options: RequestOptions): Request {
  return {
    parent: {
      apiVersion: 'redis.io/v1',
      kind: 'RedisCluster',
      metadata: {
        name: options.name ?? clusterName,
        namespace,
        uid: clusterUID,
        generation: 1,
        ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
      },
      spec: spec(options.spec),
      ...(options.status === undefined ? {} : { status: options.status }),
    },
    children: {},
    related: objectMap([namespaceObject, ...(options.related ?? [])]),
    finalizing: false,
  }
}

/** The children as the API server would show them: made by the shipped code, with UIDs. */
export function observedChildren(bare: Request): readonly KubernetesObject[] {
  const { children } = desiredChildren(blueprintOf(bare, entropy, image), () => 'replica', true)
  return children.map((child) => ({
    ...child,
    metadata: { ...child.metadata, uid: `uid-${child.kind}-${child.metadata.name}` },
  }))
}

export function objectMap(objects: readonly KubernetesObject[]): ObjectMap {
  const map: Record<string, Record<string, KubernetesObject>> = {}
  for (const object of objects) {
    const inKind = (map[`${object.kind}.${object.apiVersion}`] ??= {})
    const { namespace: inNamespace, name } = object.metadata
    inKind[inNamespace === undefined ? name : `${inNamespace}/${name}`] = object
  }
  return map
}
