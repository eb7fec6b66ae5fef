// What a site may choose when it installs the hooks: one schema for the chart's values, its defaults for plain manifests.
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** Kubernetes checks these itself. */
const passedThrough = { additionalProperties: true }

/** A node that is gone takes its Pods with it after this long, not after the five minutes of the default. */
export const shortTolerations = ['not-ready', 'unreachable'].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 10,
}))

const text = (description: string, value: string, pattern?: string): ReturnType<typeof Type.String> =>
  Type.String({ description, default: value, ...(pattern === undefined ? {} : { pattern }) })

/** What the hooks do. The image is the one of package.json's version: a release changes one number. */
const behaviour = (image: string) => ({
  image: text('Image of the hooks, and of every instance whose RedisCluster names none.', image, '^\\S+$'),
  logLevel: Type.String({
    description: 'One of trace, debug, info, warn, error, fatal, silent.',
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
  tokenSecret: text(
    'Name of a Secret beside the hooks whose key `token` requests must carry. Empty: a NetworkPolicy alone guards them.',
    '',
  ),
  metacontrollerNamespace: text('Where Metacontroller runs.', 'metacontroller', '^[a-z0-9-]+$'),
  crds: Type.Boolean({
    description: 'Whether the release holds the CRDs. They stay when it is uninstalled.',
    default: true,
  }),
})

/** How the Pods of the hooks run. */
const pods = {
  replicas: Type.Integer({
    description: 'Hooks are stateless: any number may run, two survive the loss of a node.',
    minimum: 1,
    default: 2,
  }),
  imagePullSecrets: Type.Array(Type.Object({ name: Type.String() }, { additionalProperties: false }), {
    description: 'Secrets with which the image of the hooks is pulled.',
    default: [],
  }),
  priorityClassName: text('PriorityClass of the hooks.', ''),
  resources: Type.Object(
    {},
    {
      ...passedThrough,
      description: 'Of one hooks Pod. Its heap is limited by itself, below this limit.',
      default: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    },
  ),
  nodeSelector: Type.Record(Type.String(), Type.String(), {
    description: 'Nodes on which the hooks may run.',
    default: {},
  }),
  tolerations: Type.Array(Type.Object({}, passedThrough), {
    description: 'The short ones make a lost node cost seconds, not five minutes.',
    default: shortTolerations,
  }),
}

const schemaWith = (image: string) =>
  Type.Object({ ...behaviour(image), ...pods }, { additionalProperties: false })

export function valuesSchema(version: string): ReturnType<typeof schemaWith> {
  return schemaWith(`redis-operator:${version}`)
}

export type Values = Static<ReturnType<typeof schemaWith>>

/** Every value, or what a template says in its place. */
export type Site = Readonly<Record<keyof Values, unknown>> & {
  readonly namespace: string
  /** The hooks as Metacontroller reaches them. */
  readonly hooksUrl: string
  /** One of two values, by whether tokenSecret is set; undefined stands for a list that is left out. */
  readonly withToken: (value: unknown, otherwise: unknown) => unknown
}

export const operatorNamespace = 'redis-operator-system'
export const hooksName = 'redis-operator'

export function defaultValues(version: string): Values {
  return Value.Create(valuesSchema(version))
}

/** The site of plain manifests: the defaults, in a namespace of our own. */
export function defaultSite(version: string): Site {
  const {
    imagePullSecrets: _none,
    nodeSelector: _any,
    priorityClassName: _usual,
    ...values
  } = defaultValues(version)
  return {
    ...values,
    imagePullSecrets: undefined,
    nodeSelector: undefined,
    priorityClassName: undefined,
    namespace: operatorNamespace,
    hooksUrl: `http://${hooksName}.${operatorNamespace}`,
    withToken: (_value, otherwise) => otherwise,
  }
}
