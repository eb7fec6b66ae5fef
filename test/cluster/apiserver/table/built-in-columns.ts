// What `kubectl get` shows of the built-in kinds.
import { fieldsOf, listOf, textOf, valueAt, type ApiObject } from '../object.ts'
import { ageColumn, column, nameColumn, since, type Column } from './columns.ts'
import { podColumns } from './pod-columns.ts'

export const builtInColumns = (kind: string): readonly Column[] => byKind[kind] ?? [nameColumn, ageColumn]

const wide = { priority: 1 }
const at =
  (...path: readonly string[]) =>
  (object: ApiObject): unknown =>
    valueAt(object, path) ?? ''
const orNone = (value: unknown): unknown => (value === undefined || value === '' ? '<none>' : value)
const countOf = (value: unknown): number => Object.keys(fieldsOf(value)).length

const claimColumns = [
  nameColumn,
  column('Status', ({ metadata, status }) =>
    metadata.deletionTimestamp === undefined ? status?.['phase'] : 'Terminating',
  ),
  column('Volume', at('spec', 'volumeName')),
  column('Capacity', at('status', 'capacity', 'storage')),
  column('Access Modes', ({ status }) => shortModes(status?.['accessModes'])),
  column('StorageClass', at('spec', 'storageClassName')),
  ageColumn,
  column('VolumeMode', at('spec', 'volumeMode'), wide),
]

const serviceColumns = [
  nameColumn,
  column('Type', at('spec', 'type')),
  column('Cluster-IP', ({ spec }) => orNone(spec?.['clusterIP'])),
  column('External-IP', () => '<none>'),
  column('Port(s)', ({ spec }) =>
    orNone(
      listOf(spec?.['ports'])
        .map(({ port, protocol }) => `${String(port)}/${textOf(protocol)}`)
        .join(','),
    ),
  ),
  ageColumn,
  column('Selector', ({ spec }) => orNone(pairs(spec?.['selector'])), wide),
]

const bindingColumns = [
  nameColumn,
  column(
    'Role',
    ({ roleRef }) => `${textOf(fieldsOf(roleRef)['kind'])}/${textOf(fieldsOf(roleRef)['name'])}`,
  ),
  ageColumn,
]

const byKind: Readonly<Record<string, readonly Column[]>> = {
  Pod: podColumns,
  Service: serviceColumns,
  PersistentVolumeClaim: claimColumns,
  RoleBinding: bindingColumns,
  ClusterRoleBinding: bindingColumns,
  Namespace: [nameColumn, column('Status', at('status', 'phase')), ageColumn],
  Secret: [
    nameColumn,
    column('Type', at('type')),
    column('Data', ({ data }) => countOf(data), { type: 'integer' }),
    ageColumn,
  ],
  ConfigMap: [nameColumn, column('Data', ({ data }) => countOf(data), { type: 'integer' }), ageColumn],
  Lease: [nameColumn, column('Holder', at('spec', 'holderIdentity')), ageColumn],
  StorageClass: [
    nameColumn,
    column('Provisioner', at('provisioner')),
    column('ReclaimPolicy', at('reclaimPolicy')),
    column('VolumeBindingMode', at('volumeBindingMode')),
    column('AllowVolumeExpansion', ({ allowVolumeExpansion }) => allowVolumeExpansion === true),
    ageColumn,
  ],
  PersistentVolume: [
    nameColumn,
    column('Capacity', at('spec', 'capacity', 'storage')),
    column('Access Modes', ({ spec }) => shortModes(spec?.['accessModes'])),
    column('Reclaim Policy', at('spec', 'persistentVolumeReclaimPolicy')),
    column('Status', at('status', 'phase')),
    column('Claim', ({ spec }) => claimName(spec?.['claimRef'])),
    column('StorageClass', at('spec', 'storageClassName')),
    ageColumn,
  ],
  PodDisruptionBudget: [
    nameColumn,
    column('Min Available', ({ spec }) => spec?.['minAvailable'] ?? 'N/A'),
    column('Max Unavailable', ({ spec }) => spec?.['maxUnavailable'] ?? 'N/A'),
    column('Allowed Disruptions', ({ status }) => status?.['disruptionsAllowed'] ?? 0, { type: 'integer' }),
    ageColumn,
  ],
  Node: [
    nameColumn,
    column('Status', ({ status }) => {
      const ready = listOf(status?.['conditions']).find(({ type }) => type === 'Ready')
      return ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady'
    }),
    column('Roles', () => '<none>'),
    ageColumn,
    column('Version', at('status', 'nodeInfo', 'kubeletVersion')),
  ],
  Event: [
    column('Last Seen', (event) =>
      since(event['lastTimestamp'] ?? event['eventTime'] ?? event.metadata.creationTimestamp),
    ),
    column('Type', at('type')),
    column('Reason', at('reason')),
    column('Object', ({ involvedObject, regarding }) => {
      const { kind, name } = fieldsOf(involvedObject ?? regarding)
      return `${textOf(kind).toLowerCase()}/${textOf(name)}`
    }),
    column('Message', ({ message, note }) => message ?? note ?? ''),
    column('Count', ({ count }) => count ?? 1, { ...wide, type: 'integer' }),
    { ...nameColumn, ...wide },
  ],
}

const pairs = (value: unknown): string =>
  Object.entries(fieldsOf(value))
    .map(([key, each]) => `${key}=${String(each)}`)
    .join(',')

const modeNames: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

const shortModes = (modes: unknown): string =>
  Array.isArray(modes) ? (modes as string[]).map((mode) => modeNames[mode] ?? mode).join(',') : ''

const claimName = (claim: unknown): string => {
  const { namespace, name } = fieldsOf(claim)
  return name === undefined ? '' : `${textOf(namespace)}/${textOf(name)}`
}
