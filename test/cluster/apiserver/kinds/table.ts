// The built-in kinds: what discovery says of them, and where each one's own behaviour is.
import type { Behaviour, Resource, Subresource } from '../resource.ts'
import { builtInColumns } from '../table/built-in-columns.ts'
import { crdBehaviour } from './custom-resource-definition.ts'
import { podBehaviour } from './pod.ts'
import {
  bindingBehaviour,
  namespaceBehaviour,
  nodeBehaviour,
  secretBehaviour,
  storageClassBehaviour,
} from './small.ts'
import { serviceBehaviour } from './service.ts'
import { claimBehaviour, volumeBehaviour } from './volume.ts'

export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

interface Row {
  readonly api: string
  readonly kind: string
  readonly plural: string
  readonly short?: string
  readonly scope?: 'Cluster'
  readonly status?: true
  readonly generation?: true
  readonly categories?: readonly string[]
  readonly behaviour?: Behaviour
  readonly subresources?: readonly Subresource[]
}

const create = ['create']
const podSubresources: readonly Subresource[] = [
  { name: 'binding', kind: 'Binding', verbs: create },
  { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: create },
  { name: 'log', kind: 'Pod', verbs: ['get'] },
]
const tokenSubresource: Subresource = {
  name: 'token',
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  verbs: create,
}
const rbac = 'rbac.authorization.k8s.io/v1'

const rows: readonly Row[] = [
  {
    api: 'v1',
    kind: 'Namespace',
    plural: 'namespaces',
    short: 'ns',
    scope: 'Cluster',
    status: true,
    behaviour: namespaceBehaviour,
  },
  {
    api: 'v1',
    kind: 'Node',
    plural: 'nodes',
    short: 'no',
    scope: 'Cluster',
    status: true,
    behaviour: nodeBehaviour,
  },
  {
    api: 'v1',
    kind: 'Pod',
    plural: 'pods',
    short: 'po',
    status: true,
    generation: true,
    categories: ['all'],
    behaviour: podBehaviour,
    subresources: podSubresources,
  },
  {
    api: 'v1',
    kind: 'Service',
    plural: 'services',
    short: 'svc',
    status: true,
    categories: ['all'],
    behaviour: serviceBehaviour,
  },
  { api: 'v1', kind: 'Endpoints', plural: 'endpoints', short: 'ep' },
  { api: 'v1', kind: 'ConfigMap', plural: 'configmaps', short: 'cm' },
  { api: 'v1', kind: 'Secret', plural: 'secrets', behaviour: secretBehaviour },
  {
    api: 'v1',
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    short: 'sa',
    subresources: [tokenSubresource],
  },
  { api: 'v1', kind: 'Event', plural: 'events', short: 'ev' },
  {
    api: 'v1',
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    short: 'pvc',
    status: true,
    behaviour: claimBehaviour,
  },
  {
    api: 'v1',
    kind: 'PersistentVolume',
    plural: 'persistentvolumes',
    short: 'pv',
    scope: 'Cluster',
    status: true,
    behaviour: volumeBehaviour,
  },
  { api: 'events.k8s.io/v1', kind: 'Event', plural: 'events', short: 'ev' },
  {
    api: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    plural: 'storageclasses',
    short: 'sc',
    scope: 'Cluster',
    behaviour: storageClassBehaviour,
  },
  {
    api: 'policy/v1',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    short: 'pdb',
    status: true,
    generation: true,
  },
  { api: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' },
  { api: 'discovery.k8s.io/v1', kind: 'EndpointSlice', plural: 'endpointslices', generation: true },
  { api: rbac, kind: 'Role', plural: 'roles' },
  { api: rbac, kind: 'RoleBinding', plural: 'rolebindings', behaviour: bindingBehaviour },
  { api: rbac, kind: 'ClusterRole', plural: 'clusterroles', scope: 'Cluster' },
  {
    api: rbac,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    scope: 'Cluster',
    behaviour: bindingBehaviour,
  },
  {
    api: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    short: 'crd',
    scope: 'Cluster',
    status: true,
    generation: true,
    behaviour: crdBehaviour,
  },
]

export const builtInKinds: readonly Resource[] = rows.map(resourceOf)

function resourceOf(row: Row): Resource {
  const [version = '', group = ''] = row.api.split('/').reverse()
  const { api: _api, short, scope, status = false, generation = false, behaviour, ...rest } = row
  return {
    ...rest,
    ...behaviour,
    group,
    version,
    singular: row.kind.toLowerCase(),
    shortNames: short === undefined ? [] : [short],
    categories: row.categories ?? [],
    namespaced: scope === undefined,
    verbs: allVerbs,
    hasStatus: status,
    hasGeneration: generation,
    subresources: row.subresources ?? [],
    columns: builtInColumns(row.kind),
    custom: undefined,
  }
}
