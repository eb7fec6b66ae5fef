// What every field does that a user may add to the Pods: each leaf of these samples shows in a child under the same name.
import { namespace } from './builders.ts'
import type { Effect, Spec } from './spec-table.ts'

interface Place {
  readonly child?: string
  /** Where the sample begins in the child; the first item of a list is the user's first. */
  readonly path: string
  readonly first?: number
  /** Fields without which the sample is refused. */
  readonly beside?: Spec
}

/** Their keys are the user's own. */
const maps = ['matchLabels', 'nodeSelector', 'podLabels', 'podAnnotations', 'serviceAccountAnnotations']
const enumerated = ['medium']

interface Leaf {
  readonly field: string
  readonly path: string
  readonly value: unknown
}

function leavesOf(value: unknown, { field, path }: Omit<Leaf, 'value'>, first = 0): readonly Leaf[] {
  const name = field.split('.').at(-1) ?? ''
  if (Array.isArray(value) && typeof value[0] === 'object')
    return leavesOf(value[0], { field: `${field}.[]`, path: `${path}.${first}` })
  if (Array.isArray(value)) return [{ field: `${field}.[]`, path: `${path}.0`, value: value[0] as unknown }]
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, part]) => {
      const segment = maps.includes(name) ? '*' : key
      return leavesOf(part, {
        field: `${field}.${segment}`,
        path: `${path}.${key.replaceAll('.', '~')}`,
      })
    })
  const isOneOf = typeof value === 'boolean' || enumerated.includes(name)
  return [{ field: isOneOf ? `${field}=${String(value)}` : field, path, value }]
}

/** One entry for every leaf; a flag has a second one, for it is left out where it is false. */
function shown(sample: Spec, { child = 'Pod cache-0', path, first = 0, beside = {} }: Place): Effects {
  const [[field, value] = ['', undefined]] = Object.entries(sample)
  const spec = { ...beside, ...sample }
  const negated = JSON.parse(JSON.stringify(spec).replaceAll(':true', ':false')) as Spec
  const entries = leavesOf(value, { field, path }, first).flatMap((leaf): [string, Effect][] => {
    const shows = { kind: 'Shows', child, path: leaf.path } as const
    const yes: [string, Effect] = [leaf.field, { ...shows, spec, value: leaf.value }]
    const no = leaf.field.replace('=true', '=false')
    return leaf.value === true
      ? [yes, [no, { ...shows, spec: negated, instead: spec, value: undefined }]]
      : [yes]
  })
  return Object.fromEntries(entries)
}

type Effects = Readonly<Record<string, Effect>>

const expressions = [{ key: 'tier', operator: 'In', values: ['cache'] }]
const selector = { matchLabels: { 'example.com/app': 'web' }, matchExpressions: expressions }
const term = {
  labelSelector: selector,
  namespaceSelector: selector,
  namespaces: ['shop'],
  topologyKey: 'topology.kubernetes.io/zone',
}
const podTerms = {
  preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm: term, weight: 7 }],
  requiredDuringSchedulingIgnoredDuringExecution: [term],
}
const nodeTerm = { matchExpressions: expressions }
const nodeTerms = {
  preferredDuringSchedulingIgnoredDuringExecution: [{ preference: nodeTerm, weight: 7 }],
  requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm] },
}
const reference = { name: 'mine', key: 'token', optional: true }
const items = [{ key: 'a', path: 'b/c' }]

/** After the four of the operator. */
const variable = { path: 'spec.containers.0.env', first: 4 }
/** After the five of the operator. */
const volume = { path: 'spec.volumes', first: 5 }
const mount = { path: 'spec.containers.0.volumeMounts', first: 5 }

const env = (fields: Spec): Spec => ({ env: [{ name: 'MINE', ...fields }] })
const volumes = (source: Spec): Spec => ({ volumes: [{ name: 'mine', ...source }] })
const projected = (source: Spec): Spec => volumes({ projected: { sources: [source], defaultMode: 0o440 } })

export const podEffects: Effects = {
  ...shown({ nodeSelector: { 'example.com/disk': 'ssd' } }, { path: 'spec.nodeSelector' }),
  ...shown(
    { affinity: { nodeAffinity: nodeTerms, podAffinity: podTerms, podAntiAffinity: podTerms } },
    { path: 'spec.affinity' },
  ),
  ...shown(
    {
      tolerations: [
        { key: 'dedicated', operator: 'Equal', value: 'redis', effect: 'NoExecute', tolerationSeconds: 9 },
      ],
    },
    { path: 'spec.tolerations' },
  ),
  ...shown(
    {
      topologySpreadConstraints: [
        {
          labelSelector: selector,
          maxSkew: 2,
          minDomains: 3,
          nodeAffinityPolicy: 'Ignore',
          nodeTaintsPolicy: 'Honor',
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
        },
      ],
    },
    { path: 'spec.topologySpreadConstraints' },
  ),
  ...shown({ priorityClassName: 'high' }, { path: 'spec.priorityClassName' }),
  ...shown({ podLabels: { team: 'shop' } }, { path: 'metadata.labels' }),
  ...shown({ podAnnotations: { 'example.com/scrape': 'yes' } }, { path: 'metadata.annotations' }),
  ...shown(
    { serviceAccountAnnotations: { 'example.com/role': 'arn:1' } },
    { path: 'metadata.annotations', child: 'ServiceAccount cache' },
  ),
  ...shown({ imagePullSecrets: [{ name: 'pull' }] }, { path: 'spec.imagePullSecrets' }),
  ...shown(env({ value: 'x' }), variable),
  ...shown(env({ valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }), variable),
  ...shown(env({ valueFrom: { secretKeyRef: reference } }), variable),
  ...shown(env({ valueFrom: { configMapKeyRef: reference } }), variable),
  ...shown(volumes({ emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }), volume),
  ...shown(volumes({ configMap: { name: 'mine', items, optional: true, defaultMode: 0o440 } }), volume),
  ...shown(volumes({ secret: { secretName: 'mine', items, optional: true, defaultMode: 0o440 } }), volume),
  ...shown(projected({ configMap: { name: 'mine', items, optional: true } }), volume),
  ...shown(projected({ secret: { name: 'mine', items, optional: true } }), volume),
  ...shown(
    projected({ serviceAccountToken: { audience: 'vault', expirationSeconds: 900, path: 'token' } }),
    volume,
  ),
  ...shown(
    { volumeMounts: [{ name: 'mine', mountPath: '/mnt/mine', subPath: 'a/b', readOnly: true }] },
    { ...mount, beside: volumes({ emptyDir: {} }) },
  ),
  'connectionSecret.name': {
    kind: 'Shows',
    spec: { connectionSecret: { name: 'app' } },
    child: 'Secret app',
    path: 'data.leader_host',
    value: btoa(`cache-leader.${namespace}.svc`),
  },
}
