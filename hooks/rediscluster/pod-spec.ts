// What a user adds to the Pods of a RedisCluster: metadata, environment, files. Nothing of it can reach what the operator itself put there.
import { Type, type TObject, type TRecord, type TString, type SchemaOptions } from '@sinclair/typebox'
import { mounts } from '../../instance/api.ts'
import { labelKeyPattern, LabelValue, objectNamePattern, oneOf, quantityPattern, rules } from './schema.ts'

const ownedLabels = [
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/name',
  // Metacontroller's, by which it knows its children.
  'controller-uid',
] as const

const ownedKeys = ['redis.io/', 'metacontroller.k8s.io/'] as const
/** The API server refuses to change these on a Pod that runs. */
const fixedAnnotations = ['container.apparmor.security.beta.kubernetes.io/', 'kubernetes.io/config.'] as const
const appliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** Prefixes and names of variables by which the instance, its Node and its shell find their way. */
const ownedVariables = ['REDIS_OPERATOR_', 'POD_', 'KUBERNETES_', 'LD_'] as const
const ownedVariableNames = ['PATH', 'BASH_ENV', 'NODE_OPTIONS', 'NODE_TLS_REJECT_UNAUTHORIZED'] as const

/** The operator's volumes, and the names that later versions will need. */
export const ownedVolumes = [
  ...['data', 'run', 'config', 'projected', 'control', 'backup-credentials'],
  ...['acl', 'ca', 'tls', 'restore'],
] as const

/** What a Pod of ours lives on: nothing may be mounted on, in or above it. `/run` holds two of our mounts under both of its names. */
export const ownedPaths = [
  ...[mounts.data, mounts.config, mounts.projected, mounts.control, mounts.backupCredentials],
  ...['/run', '/var/run', '/proc', '/sys', '/dev', '/bin', '/sbin', '/lib', '/lib64', '/usr'],
  '/opt/redis-operator',
] as const

const list = (texts: readonly string[]): string => `[${texts.map((each) => `'${each}'`).join(', ')}]`

const startsWithAny = (of: string, prefixes: readonly string[]): string =>
  prefixes.map((prefix) => `${of}.startsWith('${prefix}')`).join(' || ')

interface Keys {
  readonly field: string
  readonly prefixes: readonly string[]
  readonly names: readonly string[]
}

/** A map of labels or annotations whose keys are well-formed and not ours. */
function metadata(values: TString, keys: Keys, options: SchemaOptions): TRecord<TString, TString> {
  const { field, prefixes, names } = keys
  return Type.Record(Type.String(), values, {
    ...options,
    ...rules(
      {
        rule: `self.all(k, k.matches('${labelKeyPattern}'))`,
        message: `${field}: a key is a name of at most 63 characters, with or without a domain before a slash`,
      },
      {
        rule: `self.all(k, !(${startsWithAny('k', prefixes)} || k in ${list(names)}))`,
        message: `${field}: these keys are not yours to set: ${[...prefixes.map((prefix) => `${prefix}*`), ...names].join(', ')}`,
      },
    ),
  })
}

const objectName = (): TString => Type.String({ minLength: 1, maxLength: 253, pattern: objectNamePattern })
const dataKey = (): TString => Type.String({ maxLength: 253, pattern: '^[-._a-zA-Z0-9]+$' })
/** Relative, without a dot at the start of any part: nobody climbs out of a volume. */
const relativePath = (): TString =>
  Type.String({ maxLength: 253, pattern: '^[A-Za-z0-9_][-A-Za-z0-9._]*(/[A-Za-z0-9_][-A-Za-z0-9._]*)*$' })
const optional = Type.Boolean({ default: false })

const keyOf = (): TObject => Type.Object({ name: objectName(), key: dataKey(), optional })

const Variable = Type.Object(
  {
    name: Type.String({
      maxLength: 128,
      pattern: '^[A-Za-z_][-A-Za-z0-9_.]*$',
      ...rules({
        rule: `!(${startsWithAny('self', ownedVariables)} || self in ${list(ownedVariableNames)})`,
        message: `env: these variables belong to the operator: ${[...ownedVariables.map((prefix) => `${prefix}*`), ...ownedVariableNames].join(', ')}`,
      }),
    }),
    value: Type.Optional(Type.String({ maxLength: 2048 })),
    valueFrom: Type.Optional(
      Type.Object(
        {
          configMapKeyRef: Type.Optional(keyOf()),
          fieldRef: Type.Optional(
            Type.Object({
              fieldPath: Type.String({
                maxLength: 400,
                pattern:
                  "^(metadata\\.(name|namespace|uid|(labels|annotations)\\['[-A-Za-z0-9._/]+'\\])|spec\\.(nodeName|serviceAccountName)|status\\.(hostIP|hostIPs|podIP|podIPs))$",
              }),
            }),
          ),
          secretKeyRef: Type.Optional(keyOf()),
        },
        rules({
          rule: '[has(self.configMapKeyRef), has(self.fieldRef), has(self.secretKeyRef)].filter(x, x).size() == 1',
          message: 'env: valueFrom needs exactly one of configMapKeyRef, fieldRef and secretKeyRef',
        }),
      ),
    ),
  },
  rules({
    rule: '!has(self.value) || !has(self.valueFrom)',
    message: 'env: a variable has a value or a valueFrom, not both',
  }),
)

const items = Type.Optional(
  Type.Array(Type.Object({ key: dataKey(), path: relativePath() }), { minItems: 1, maxItems: 32 }),
)
const defaultMode = Type.Optional(Type.Integer({ minimum: 0, maximum: 0o777 }))

const Projection = Type.Object(
  {
    configMap: Type.Optional(Type.Object({ name: objectName(), items, optional })),
    secret: Type.Optional(Type.Object({ name: objectName(), items, optional })),
    serviceAccountToken: Type.Optional(
      Type.Object({
        audience: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
        expirationSeconds: Type.Integer({ minimum: 600, maximum: 2 ** 31 - 1, default: 3600 }),
        path: relativePath(),
      }),
    ),
  },
  rules({
    rule: '[has(self.configMap), has(self.secret), has(self.serviceAccountToken)].filter(x, x).size() == 1',
    message: 'volumes: a projected source is exactly one of configMap, secret and serviceAccountToken',
  }),
)

const Volume = Type.Object(
  {
    name: Type.String({
      maxLength: 63,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      ...rules({
        rule: `!(self in ${list(ownedVolumes)})`,
        message: `volumes: these names belong to the operator: ${ownedVolumes.join(', ')}`,
      }),
    }),
    configMap: Type.Optional(Type.Object({ name: objectName(), items, optional, defaultMode })),
    emptyDir: Type.Optional(
      Type.Object({
        medium: Type.Optional(oneOf(['Memory'])),
        sizeLimit: Type.Optional(Type.String({ maxLength: 32, pattern: quantityPattern })),
      }),
    ),
    projected: Type.Optional(
      Type.Object({ sources: Type.Array(Projection, { minItems: 1, maxItems: 16 }), defaultMode }),
    ),
    secret: Type.Optional(Type.Object({ secretName: objectName(), items, optional, defaultMode })),
  },
  rules({
    rule: '[has(self.configMap), has(self.emptyDir), has(self.projected), has(self.secret)].filter(x, x).size() == 1',
    message: 'volumes: a volume is exactly one of configMap, emptyDir, projected and secret',
  }),
)

const Mount = Type.Object({
  name: Type.String({ maxLength: 63 }),
  mountPath: Type.String({
    maxLength: 253,
    pattern: '^(/[A-Za-z0-9_][-A-Za-z0-9._]*)+$',
    ...rules({
      rule: `!${list(ownedPaths)}.exists(p, self == p || self.startsWith(p + '/') || p.startsWith(self + '/'))`,
      message: `volumeMounts: nothing can be mounted on, in or above ${ownedPaths.join(', ')}`,
    }),
  }),
  subPath: Type.Optional(relativePath()),
  readOnly: Type.Boolean({ default: false }),
})

const keyed = (...keys: readonly string[]): SchemaOptions => ({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
})

export const podFields = {
  podLabels: Type.Optional(
    metadata(
      LabelValue,
      { field: 'podLabels', prefixes: ownedKeys, names: ownedLabels },
      { maxProperties: 32, description: 'Labels of the Pods. A change reaches Pods that run.' },
    ),
  ),
  podAnnotations: Type.Optional(
    metadata(
      Type.String({ maxLength: 2048 }),
      {
        field: 'podAnnotations',
        prefixes: [...ownedKeys, ...fixedAnnotations],
        names: [appliedAnnotation],
      },
      { maxProperties: 32, description: 'Annotations of the Pods. A change reaches Pods that run.' },
    ),
  ),
  serviceAccountAnnotations: Type.Optional(
    metadata(
      Type.String({ maxLength: 1024 }),
      {
        field: 'serviceAccountAnnotations',
        prefixes: [...ownedKeys, 'kubernetes.io/'],
        names: [appliedAnnotation],
      },
      {
        maxProperties: 16,
        description: "Annotations of the Pods' ServiceAccount, for example a cloud's workload identity.",
      },
    ),
  ),
  imagePullSecrets: Type.Optional(
    Type.Array(Type.Object({ name: objectName() }), {
      ...keyed('name'),
      maxItems: 16,
      description: 'Secrets with which nodes pull the image.',
    }),
  ),
  env: Type.Optional(
    Type.Array(Variable, {
      ...keyed('name'),
      maxItems: 32,
      description: 'More variables of the Redis container, after those of the operator.',
    }),
  ),
  volumes: Type.Optional(
    Type.Array(Volume, {
      ...keyed('name'),
      maxItems: 16,
      description: 'More volumes of the Pods: configMap, emptyDir, projected or secret.',
    }),
  ),
  volumeMounts: Type.Optional(
    Type.Array(Mount, {
      ...keyed('mountPath'),
      maxItems: 16,
      description: 'Where the Redis container finds these volumes.',
    }),
  ),
}

/** Rules of the spec as a whole. */
export const podRules = [
  {
    rule: '!has(self.volumeMounts) || self.volumeMounts.all(m, has(self.volumes) && self.volumes.exists(v, v.name == m.name))',
    message: 'volumeMounts: each must name one of volumes',
  },
] as const
