// What a user may not add to the Pods: one spec for each rule.
import type { Spec } from './spec-table.ts'

interface Refusal {
  readonly message: string
  readonly spec: Spec
}

const podTerm = (labelSelector: object): Spec => {
  const terms = [{ labelSelector, topologyKey: 'zone' }]
  return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } }
}

const nodeTerm = (expression: object): Spec => {
  const nodeSelectorTerms = [{ matchExpressions: [{ key: 'disk', ...expression }] }]
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  }
}

const tolerations = (toleration: object): Spec => ({ tolerations: [toleration] })
const env = (variable: object): Spec => ({ env: [{ name: 'MINE', ...variable }] })
const volumes = (volume: object): Spec => ({ volumes: [{ name: 'mine', ...volume }] })
const mounted = (mountPath: string): Spec => ({
  ...volumes({ emptyDir: {} }),
  volumeMounts: [{ name: 'mine', mountPath }],
})

const both = { configMap: { name: 'a' }, secret: { name: 'a' } }

export const podRefusals: readonly Refusal[] = [
  {
    message: 'matchExpressions: In and NotIn need values',
    spec: podTerm({ matchExpressions: [{ key: 'a', operator: 'In' }] }),
  },
  { message: 'matchLabels: a key is a label name', spec: podTerm({ matchLabels: { 'a b': 'c' } }) },
  { message: 'nodeAffinity: Exists and DoesNotExist take no values', spec: nodeTerm({ operator: 'In' }) },
  {
    message: 'nodeAffinity: Gt and Lt need exactly one number',
    spec: nodeTerm({ operator: 'Gt', values: ['many'] }),
  },
  { message: 'tolerations: without a key', spec: tolerations({ operator: 'Equal' }) },
  {
    message: 'tolerations: the operator Exists takes no value',
    spec: tolerations({ key: 'a', operator: 'Exists', value: 'b' }),
  },
  {
    message: 'tolerations: tolerationSeconds needs',
    spec: tolerations({ key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 }),
  },
  {
    message: 'topologySpreadConstraints: minDomains needs',
    spec: {
      topologySpreadConstraints: [
        { maxSkew: 1, minDomains: 2, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    },
  },
  { message: 'nodeSelector: a key is', spec: { nodeSelector: { '/a': 'b' } } },
  { message: 'podLabels: a key is', spec: { podLabels: { 'a/b/c': 'd' } } },
  ...['redis.io/role', 'app.kubernetes.io/name', 'controller-uid', 'metacontroller.k8s.io/x'].map((key) => ({
    message: 'podLabels: these keys are not yours',
    spec: { podLabels: { [key]: 'primary' } },
  })),
  { message: 'podAnnotations: a key is', spec: { podAnnotations: { 'a b': 'c' } } },
  ...[
    'redis.io/epoch',
    'kubernetes.io/config.mirror',
    'container.apparmor.security.beta.kubernetes.io/redis',
    'kubectl.kubernetes.io/last-applied-configuration',
  ].map((key) => ({
    message: 'podAnnotations: these keys are not yours',
    spec: { podAnnotations: { [key]: '9' } },
  })),
  {
    message: 'serviceAccountAnnotations: a key is',
    spec: { serviceAccountAnnotations: { [`a${'b'.repeat(63)}`]: 'c' } },
  },
  {
    message: 'serviceAccountAnnotations: these keys are not yours',
    spec: { serviceAccountAnnotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
  },
  ...['REDIS_OPERATOR_ROOT', 'POD_IP', 'KUBERNETES_SERVICE_HOST', 'LD_PRELOAD', 'NODE_OPTIONS'].map(
    (name) => ({
      message: 'env: these variables belong to the operator',
      spec: { env: [{ name, value: 'x' }] },
    }),
  ),
  { message: 'env: valueFrom needs exactly one of', spec: env({ valueFrom: {} }) },
  {
    message: 'env: a variable has a value or a valueFrom',
    spec: env({ value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }),
  },
  { message: 'volumes: a projected source is', spec: volumes({ projected: { sources: [both] } }) },
  { message: 'volumes: these names belong', spec: { volumes: [{ name: 'data', emptyDir: {} }] } },
  { message: 'volumes: a volume is exactly one of', spec: volumes({}) },
  { message: 'volumes: a volume is exactly one of', spec: volumes({ hostPath: { path: '/' } }) },
  ...['/data', '/data/mine', '/etc', '/var/run/secrets', '/run', '/usr/local/bin', '/opt'].map((path) => ({
    message: 'volumeMounts: nothing can be mounted on, in or above',
    spec: mounted(path),
  })),
  {
    message: 'volumeMounts: each must name one of volumes',
    spec: { volumeMounts: [{ name: 'mine', mountPath: '/mnt' }] },
  },
  ...['authSecret', 'aclConfigSecret', 'backupCredentialsSecret'].map((field) => ({
    message: `connectionSecret cannot be ${field}`,
    spec: { connectionSecret: { name: 'mine' }, [field]: { name: 'mine' } },
  })),
  ...['cache-auth', 'cache-control'].map((name) => ({
    message: 'connectionSecret cannot be <name>-auth or <name>-control',
    spec: { connectionSecret: { name } },
  })),
]
