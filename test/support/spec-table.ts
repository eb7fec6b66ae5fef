// What every field of a RedisCluster's spec does: the child in which it shows, or the sentence that refuses it at apply.
import type { KubernetesObject } from '../../metacontroller/contract.ts'
import { bootstrapEffects } from './bootstrap-table.ts'
import { namespace } from './builders.ts'
import { memoryEffects } from './memory-table.ts'
import { podEffects } from './pod-fields-table.ts'

export type Spec = Readonly<Record<string, unknown>>

export type Effect =
  /** With `spec` the child has `value` at `path` (undefined: no such child); without it, or with `instead`, something else. */
  | {
      readonly kind: 'Shows'
      readonly spec: Spec
      readonly instead?: Spec
      readonly child: string
      readonly path: string
      readonly value: unknown
      readonly related?: readonly KubernetesObject[]
    }
  /** No child, but what instances decide by: the status of a new cluster of three has `value` at `path`. */
  | {
      readonly kind: 'Records'
      readonly spec: Spec
      readonly instead: Spec
      readonly path: string
      readonly value: unknown
      readonly related?: readonly KubernetesObject[]
    }
  /** Nothing to see in a calm cluster: after so long a trouble the primary is what `situation` says, and without it not. */
  | {
      readonly kind: 'Decides'
      readonly spec: Spec
      readonly trouble: 'silent' | 'hung' | 'heard by a peer only'
      readonly forSeconds: number
      readonly situation: string
      readonly otherwise: string
    }
  /** Only its primary was made from an earlier spec: the phase that the cluster is in. */
  | { readonly kind: 'Updates'; readonly spec: Spec; readonly phase: string }
  /** Of a replica whose node does not take it back: what is deleted for it. */
  | { readonly kind: 'KeptOut'; readonly spec: Spec; readonly deletions: readonly string[] }
  | { readonly kind: 'Refused'; readonly spec: Spec; readonly message: RegExp }
  /** The only value that is not refused: there is nothing that it could differ from. */
  | { readonly kind: 'Only' }

export const storage = (fields: Spec): Spec => ({ storage: fields })
const redis = 'spec.containers.0.resources'
const claim = 'PersistentVolumeClaim cache-data-0'
const budget = { child: 'PodDisruptionBudget cache-pdb', path: 'metadata.name' } as const
const keeper = [{ apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: 'ns1' }]
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'mine', namespace },
  data: { password: btoa('p'), acl: btoa('user reader on') },
}

const maintenance = (inProgress: boolean, reusePVC: boolean, ...deletions: readonly string[]): Effect => ({
  kind: 'KeptOut',
  spec: { nodeMaintenanceWindow: { inProgress, reusePVC } },
  deletions,
})
const noBudget = 'PodDisruptionBudget cache-pdb'

const isolation = (spec: Spec, instead: Spec, name: string, value: unknown): Effect => ({
  kind: 'Records',
  spec: { instances: 3, primaryIsolation: spec },
  instead: { instances: 3, primaryIsolation: instead },
  path: `terms.0.${name}`,
  value,
})

/** By field; each value of an enumeration has an entry of its own, and `*` stands for every key of a map. */
export const effects: Readonly<Record<string, Effect>> = {
  ...bootstrapEffects,
  ...memoryEffects,
  ...podEffects,
  instances: {
    kind: 'Shows',
    spec: { instances: 3 },
    child: 'Pod cache-2',
    path: 'metadata.name',
    value: 'cache-2',
  },
  'mode=standalone': { kind: 'Only' },
  'mode=sentinel': {
    kind: 'Refused',
    spec: { mode: 'sentinel' },
    message: /sentinel is not implemented yet/,
  },
  'mode=cluster': { kind: 'Refused', spec: { mode: 'cluster' }, message: /cluster is reserved/ },
  imageName: {
    kind: 'Shows',
    spec: { imageName: 'registry.example/redis:7' },
    child: 'Pod cache-0',
    path: 'spec.containers.0.image',
    value: 'registry.example/redis:7',
  },
  'primaryUpdateStrategy=supervised': {
    kind: 'Updates',
    spec: { primaryUpdateStrategy: 'supervised' },
    phase: 'WaitingForUser',
  },
  'primaryUpdateStrategy=unsupervised': {
    kind: 'Updates',
    spec: { primaryUpdateStrategy: 'unsupervised' },
    phase: 'Healthy',
  },
  'storage.type=pvc': {
    kind: 'Shows',
    spec: storage({ type: 'pvc' }),
    instead: storage({ type: 'emptyDir' }),
    child: claim,
    path: 'metadata.name',
    value: 'cache-data-0',
  },
  'storage.type=emptyDir': {
    kind: 'Shows',
    spec: storage({ type: 'emptyDir', size: '2Gi' }),
    child: 'Pod cache-0',
    path: 'spec.volumes.0.emptyDir.sizeLimit',
    value: '2Gi',
  },
  'storage.size': {
    kind: 'Shows',
    spec: storage({ size: '7Gi' }),
    child: claim,
    path: 'spec.resources.requests.storage',
    value: '7Gi',
  },
  'storage.storageClassName': {
    kind: 'Shows',
    spec: storage({ storageClassName: 'fast' }),
    child: claim,
    path: 'spec.storageClassName',
    value: 'fast',
  },
  'storage.reclaimPolicy=Retain': {
    kind: 'Shows',
    spec: storage({ reclaimPolicy: 'Retain' }),
    instead: storage({ reclaimPolicy: 'Delete' }),
    child: claim,
    path: 'metadata.ownerReferences',
    value: keeper,
  },
  'storage.reclaimPolicy=Delete': {
    kind: 'Shows',
    spec: storage({ reclaimPolicy: 'Delete' }),
    child: claim,
    path: 'metadata.ownerReferences',
    value: undefined,
  },
  'redis.*': {
    kind: 'Shows',
    spec: { redis: { 'maxmemory-policy': 'allkeys-lru' } },
    child: 'ConfigMap cache-config',
    path: 'data.redis~conf',
    value: /^maxmemory-policy allkeys-lru$/m,
  },
  minSyncReplicas: {
    kind: 'Records',
    spec: { instances: 3, minSyncReplicas: 1 },
    instead: { instances: 3 },
    path: 'terms.0.minSyncReplicas',
    value: 1,
  },
  'primaryIsolation.enabled=true': isolation({ enabled: true }, { enabled: false }, 'isolation', true),
  'primaryIsolation.enabled=false': isolation({ enabled: false }, {}, 'isolation', false),
  'primaryIsolation.apiServerTimeout': isolation(
    { apiServerTimeout: '4s' },
    {},
    'apiServerTimeoutSeconds',
    4,
  ),
  'primaryIsolation.peerTimeout': isolation({ peerTimeout: '2500ms' }, {}, 'peerTimeoutSeconds', 2.5),
  'nodeMaintenanceWindow.inProgress=true': maintenance(true, true, noBudget),
  'nodeMaintenanceWindow.inProgress=false': maintenance(false, false),
  'nodeMaintenanceWindow.reusePVC=true': maintenance(true, true, noBudget),
  'nodeMaintenanceWindow.reusePVC=false': maintenance(
    true,
    false,
    'PersistentVolumeClaim cache-data-2',
    noBudget,
  ),
  'failover.delay': {
    kind: 'Decides',
    spec: { failover: { delay: '700ms' } },
    trouble: 'silent',
    forSeconds: 1,
    situation: 'Lost',
    otherwise: 'Blinking',
  },
  'failover.hung': {
    kind: 'Decides',
    spec: { failover: { hung: '3s' } },
    trouble: 'hung',
    forSeconds: 5,
    situation: 'Hung',
    otherwise: 'Blinking',
  },
  'failover.unreachable': {
    kind: 'Decides',
    spec: { failover: { unreachable: '60s' } },
    trouble: 'heard by a peer only',
    forSeconds: 30,
    situation: 'Unreachable',
    otherwise: 'Lost',
  },
  'resources.requests.*': {
    kind: 'Shows',
    spec: { resources: { requests: { cpu: '2' } } },
    child: 'Pod cache-0',
    path: `${redis}.requests.cpu`,
    value: '2',
  },
  'resources.limits.*': {
    kind: 'Shows',
    spec: { resources: { limits: { memory: '3Gi' } } },
    child: 'Pod cache-0',
    path: `${redis}.limits.memory`,
    value: '3Gi',
  },
  'authSecret.name': {
    kind: 'Shows',
    spec: { authSecret: { name: 'mine' } },
    child: 'Pod cache-0',
    path: 'spec.volumes.3.projected.sources.0.secret.name',
    value: 'mine',
    related: [secret],
  },
  'aclConfigSecret.name': {
    kind: 'Shows',
    spec: { aclConfigSecret: { name: 'mine' } },
    child: 'Pod cache-0',
    path: 'spec.volumes.3.projected.sources.1.secret',
    value: { name: 'mine', items: [{ key: 'acl', path: 'acl' }] },
    related: [secret],
  },
  'backupCredentialsSecret.name': {
    kind: 'Shows',
    spec: { backupCredentialsSecret: { name: 'keys' } },
    child: 'Pod cache-0',
    path: 'spec.volumes.5.projected.sources.0.secret.name',
    value: 'keys',
  },
  'enablePodDisruptionBudget=true': {
    kind: 'Shows',
    spec: { enablePodDisruptionBudget: true },
    instead: { enablePodDisruptionBudget: false },
    ...budget,
    value: 'cache-pdb',
  },
  'enablePodDisruptionBudget=false': {
    kind: 'Shows',
    spec: { enablePodDisruptionBudget: false },
    ...budget,
    value: undefined,
  },
}
