// Where the Pods of a RedisCluster may run: the fields of a Pod's spec under their own names. What a Pod would be refused for, is refused at apply.
import { Type, type TArray, type TObject, type TSchema, type TString } from '@sinclair/typebox'
import { labelKeyPattern, LabelValue, objectNamePattern, rules } from './schema.ts'

const key = (): TString => Type.String({ maxLength: 317, pattern: labelKeyPattern })

/** One of these words. A pattern, for it is read as it is written, whatever Kubernetes adds later. */
const word = (...words: readonly string[]): TString => Type.String({ pattern: `^(${words.join('|')})$` })

const some = <T extends TSchema>(items: T, maxItems: number): TArray<T> =>
  Type.Array(items, { minItems: 1, maxItems })

const Expression = Type.Object(
  {
    key: key(),
    operator: word('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: Type.Optional(some(LabelValue, 32)),
  },
  rules({
    rule: "(self.operator in ['In', 'NotIn']) == has(self.values)",
    message: 'matchExpressions: In and NotIn need values, Exists and DoesNotExist take none',
  }),
)

const NodeExpression = Type.Object(
  {
    key: key(),
    operator: word('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'),
    values: Type.Optional(some(LabelValue, 32)),
  },
  rules(
    {
      rule: "(self.operator in ['Exists', 'DoesNotExist']) != has(self.values)",
      message: 'nodeAffinity: Exists and DoesNotExist take no values, every other operator needs some',
    },
    {
      rule: "!(self.operator in ['Gt', 'Lt']) || !has(self.values) || (size(self.values) == 1 && self.values[0].matches('^[0-9]+$'))",
      message: 'nodeAffinity: Gt and Lt need exactly one number',
    },
  ),
)

/** `{}` selects everything. */
const selector = (): TObject =>
  Type.Object({
    matchExpressions: Type.Optional(some(Expression, 8)),
    matchLabels: Type.Optional(
      Type.Record(Type.String(), LabelValue, {
        minProperties: 1,
        maxProperties: 16,
        ...rules({
          rule: `self.all(k, k.matches('${labelKeyPattern}'))`,
          message: 'matchLabels: a key is a label name, with or without a domain before a slash',
        }),
      }),
    ),
  })

const NodeTerm = Type.Object({ matchExpressions: some(NodeExpression, 8) })

const weight = Type.Integer({ minimum: 1, maximum: 100 })

const NodeAffinity = Type.Object(
  {
    preferredDuringSchedulingIgnoredDuringExecution: Type.Optional(
      some(Type.Object({ preference: NodeTerm, weight }), 8),
    ),
    requiredDuringSchedulingIgnoredDuringExecution: Type.Optional(
      Type.Object({ nodeSelectorTerms: some(NodeTerm, 8) }),
    ),
  },
  { minProperties: 1 },
)

const PodTerm = Type.Object({
  labelSelector: selector(),
  namespaceSelector: Type.Optional(selector()),
  namespaces: Type.Optional(some(Type.String({ maxLength: 63, pattern: objectNamePattern }), 16)),
  topologyKey: key(),
})

const podAffinity = (): TObject =>
  Type.Object(
    {
      preferredDuringSchedulingIgnoredDuringExecution: Type.Optional(
        some(Type.Object({ podAffinityTerm: PodTerm, weight }), 8),
      ),
      requiredDuringSchedulingIgnoredDuringExecution: Type.Optional(some(PodTerm, 8)),
    },
    { minProperties: 1 },
  )

const Affinity = Type.Object(
  {
    nodeAffinity: Type.Optional(NodeAffinity),
    podAffinity: Type.Optional(podAffinity()),
    podAntiAffinity: Type.Optional(podAffinity()),
  },
  {
    description:
      'As in a Pod. A podAntiAffinity replaces the default one, which prefers a node of its own for each instance; without one the default stays.',
  },
)

const Toleration = Type.Object(
  {
    key: Type.Optional(key()),
    operator: Type.Optional(word('Equal', 'Exists')),
    value: Type.Optional(LabelValue),
    effect: Type.Optional(word('NoSchedule', 'PreferNoSchedule', 'NoExecute')),
    tolerationSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })),
  },
  rules(
    {
      rule: "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
      message: 'tolerations: without a key the operator must be Exists',
    },
    {
      rule: "!has(self.value) || self.value == '' || !has(self.operator) || self.operator != 'Exists'",
      message: 'tolerations: the operator Exists takes no value',
    },
    {
      rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      message: 'tolerations: tolerationSeconds needs the effect NoExecute',
    },
  ),
)

const SpreadConstraint = Type.Object(
  {
    labelSelector: Type.Optional(selector()),
    maxSkew: Type.Integer({ minimum: 1, maximum: 1000 }),
    minDomains: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    nodeAffinityPolicy: Type.Optional(word('Honor', 'Ignore')),
    nodeTaintsPolicy: Type.Optional(word('Honor', 'Ignore')),
    topologyKey: key(),
    whenUnsatisfiable: word('DoNotSchedule', 'ScheduleAnyway'),
  },
  rules({
    rule: "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
    message: 'topologySpreadConstraints: minDomains needs whenUnsatisfiable DoNotSchedule',
  }),
)

export const schedulingFields = {
  nodeSelector: Type.Optional(
    Type.Record(Type.String(), LabelValue, {
      maxProperties: 32,
      description: 'Labels that a node must have to run an instance.',
      ...rules({
        rule: `self.all(k, k.matches('${labelKeyPattern}'))`,
        message: 'nodeSelector: a key is a label name, with or without a domain before a slash',
      }),
    }),
  ),
  affinity: Type.Optional(Affinity),
  tolerations: Type.Optional(
    Type.Array(Toleration, { maxItems: 32, description: 'Taints of nodes that the Pods put up with.' }),
  ),
  topologySpreadConstraints: Type.Optional(
    Type.Array(SpreadConstraint, {
      maxItems: 8,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['topologyKey', 'whenUnsatisfiable'],
      description:
        "How the Pods spread over zones or nodes. Without a labelSelector a constraint counts this cluster's own Pods.",
    }),
  ),
  priorityClassName: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: objectNamePattern,
      description: 'PriorityClass of the Pods. It must exist, or no Pod can be created.',
    }),
  ),
}
