// One child of each kind that an operator like ours declares, written so that the API server changes nothing in it.
import type { KubernetesObject } from '../cluster/client.ts'

interface ChildOfKind {
  readonly apiVersion: string
  readonly plural: string
  readonly object: KubernetesObject
}

/** In Metacontroller's order: by group, version and kind. */
export const everyKind: readonly ChildOfKind[] = [
  child('v1', 'ConfigMap', 'configmaps', { data: { 'redis.conf': 'save ""\n<&>' } }),
  child('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
  child('v1', 'Pod', 'pods', { spec: podSpec() }),
  child('v1', 'Secret', 'secrets', { type: 'Opaque', data: { password: 'c2VjcmV0' } }),
  child('v1', 'Service', 'services', {
    spec: {
      type: 'ClusterIP',
      ports: [{ name: 'main', port: 6379, protocol: 'TCP', targetPort: 'main' }],
      selector: { app: 'a' },
    },
  }),
  child('v1', 'ServiceAccount', 'serviceaccounts', {}),
  child('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', {
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
  }),
  child('rbac.authorization.k8s.io/v1', 'Role', 'roles', {
    rules: [{ apiGroups: [''], resources: ['pods'], resourceNames: ['a'], verbs: ['get', 'patch'] }],
  }),
  child('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' },
    subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'default' }],
  }),
]

export function pod(
  name: string,
  labels: Readonly<Record<string, string>>,
  image = 'example/image:1',
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'main', image }] },
  }
}

function child(apiVersion: string, kind: string, plural: string, body: object): ChildOfKind {
  return {
    apiVersion,
    plural,
    object: { apiVersion, kind, metadata: { name: 'a', labels: { app: 'a' } }, ...body },
  }
}

function podSpec(): object {
  const probe = { httpGet: { path: '/healthz', port: 'main', scheme: 'HTTP' }, periodSeconds: 10 }
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              labelSelector: { matchLabels: { app: 'a' } },
              topologyKey: 'kubernetes.io/hostname',
            },
          },
        ],
      },
    },
    containers: [
      {
        name: 'main',
        image: 'example/image:1',
        args: ['--name=$(POD_NAME)'],
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
        ],
        ports: [{ name: 'main', containerPort: 6379, protocol: 'TCP' }],
        livenessProbe: probe,
        resources: { requests: { cpu: '100m', memory: '128Mi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [
          { name: 'data', mountPath: '/data' },
          { name: 'run', mountPath: '/run/x' },
          { name: 'config', mountPath: '/etc/x', readOnly: true },
        ],
      },
    ],
    restartPolicy: 'Always',
    securityContext: { fsGroup: 999, runAsNonRoot: true, runAsUser: 999 },
    terminationGracePeriodSeconds: 60,
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'a' } },
      { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
      { name: 'config', configMap: { name: 'a' } },
      {
        name: 'projected',
        projected: { sources: [{ secret: { name: 'a', items: [{ key: 'password', path: 'p' }] } }] },
      },
    ],
  }
}
