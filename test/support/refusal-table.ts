// What each rule of RedisCluster's CRD refuses: a spec, or a change of one.
import { source } from './bootstrap-table.ts'
import { memoryRefusals } from './memory-table.ts'
import { podRefusals } from './pod-refusal-table.ts'
import { storage, type Spec } from './spec-table.ts'

export const refusals: readonly {
  readonly message: string
  readonly name?: string
  readonly before?: Spec
  readonly spec: Spec
}[] = [
  { message: 'the name of a RedisCluster has at most 50 characters', name: 'a'.repeat(51), spec: {} },
  { message: 'the name of a RedisCluster starts with a letter', name: '1st', spec: {} },
  { message: 'storage.size must be greater than 0', spec: storage({ size: '0' }) },
  {
    message: 'storage.size cannot shrink',
    before: storage({ size: '2Gi' }),
    spec: storage({ size: '1Gi' }),
  },
  {
    message: 'storage.storageClassName is immutable',
    before: storage({ storageClassName: 'fast' }),
    spec: storage({ storageClassName: 'slow' }),
  },
  {
    message: 'storage.type is immutable',
    before: storage({ type: 'emptyDir' }),
    spec: storage({ type: 'pvc' }),
  },
  {
    message: 'storage.storageClassName is for pvc',
    spec: storage({ type: 'emptyDir', storageClassName: 'fast' }),
  },
  { message: 'spec.redis: a directive is written in lower-case', spec: { redis: { MaxMemory: '1' } } },
  { message: 'spec.redis: these directives belong to the operator', spec: { redis: { replicaof: 'a 1' } } },
  {
    message: 'primaryIsolation.apiServerTimeout must be',
    spec: { primaryIsolation: { apiServerTimeout: '1s' } },
  },
  { message: 'primaryIsolation.peerTimeout must be', spec: { primaryIsolation: { peerTimeout: '2s' } } },
  { message: 'failover.delay must be', spec: { failover: { delay: '100ms' } } },
  { message: 'failover.hung must be', spec: { failover: { hung: '900s' } } },
  { message: 'failover.unreachable must be', spec: { failover: { unreachable: '1s' } } },
  {
    message: 'instances cannot go below minSyncReplicas + 1',
    before: { instances: 3, minSyncReplicas: 2 },
    spec: { instances: 2 },
  },
  {
    message: 'nodeMaintenanceWindow.reusePVC: false needs replicas',
    spec: { nodeMaintenanceWindow: { inProgress: true, reusePVC: false } },
  },
  { message: 'bootstrap needs exactly one of', spec: { bootstrap: { backupName: 'a', source } } },
  {
    message: 'bootstrap is immutable',
    before: { bootstrap: { backupName: 'a' } },
    spec: { bootstrap: { backupName: 'b' } },
  },
  { message: 'bootstrap is immutable', before: {}, spec: { bootstrap: { backupName: 'a' } } },
  { message: 'mode sentinel', spec: { mode: 'sentinel' } },
  { message: 'mode cluster', spec: { mode: 'cluster' } },
  ...memoryRefusals,
  ...podRefusals,
]
