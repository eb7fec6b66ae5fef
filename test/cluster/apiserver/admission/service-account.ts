// Pods run as a ServiceAccount that exists, and find its token in a volume.
import { forbidden } from '../failure.ts'
import { clone, fieldsOf, listOf, textOf, type ApiObject, type Fields } from '../object.ts'
import { kinds, objectOf, type Cluster } from '../cluster.ts'
import { containersOf } from '../kinds/pod.ts'
import { randomSuffix } from '../names.ts'

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

export function admitServiceAccount(cluster: Cluster, pod: ApiObject): void {
  const spec = fieldsOf(pod.spec)
  const { name, namespace = '' } = pod.metadata
  const account = textOf(spec['serviceAccountName'] ?? spec['serviceAccount']) || 'default'
  const found = objectOf(cluster, kinds.serviceAccount, namespace, account)
  if (found === undefined) {
    const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`
    throw forbidden(kinds.pod, name, why)
  }
  const isMounted = spec['automountServiceAccountToken'] ?? found['automountServiceAccountToken'] ?? true
  if (isMounted === true) mountToken(spec)
}

/** Containers that mount something of their own there keep it. */
function mountToken(spec: Fields): void {
  const volume = `kube-api-access-${randomSuffix()}`
  const without = containersOf(spec).filter(
    ({ volumeMounts }) => !listOf(volumeMounts).some((mount) => mount['mountPath'] === mountPath),
  )
  for (const container of without)
    container['volumeMounts'] = [
      ...listOf(container['volumeMounts']),
      { name: volume, readOnly: true, mountPath },
    ]
  if (without.length > 0)
    spec['volumes'] = [...listOf(spec['volumes']), { name: volume, projected: { sources: clone(sources) } }]
}

const sources = [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  {
    downwardAPI: {
      items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
    },
  },
]
