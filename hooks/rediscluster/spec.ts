// The spec of a RedisCluster: one TypeBox schema for its type, its validation and its part of the CRD.
import { Type, type Static, type TString } from '@sinclair/typebox'
import { ownedDirectives, ownedPrefixes } from '../../instance/directives.ts'
import { BootstrapSpec } from './bootstrap-spec.ts'
import { connectionFields, connectionRules } from './connection-spec.ts'
import { maintenanceFields, maintenanceRules } from './maintenance-spec.ts'
import { podFields, podRules } from './pod-spec.ts'
import { schedulingFields } from './scheduling-spec.ts'
import { MemorySpec, memoryRules } from './memory-spec.ts'
import { secretFields } from './secrets-spec.ts'
import { defaults } from './timings.ts'
import { objectNamePattern, oneOf, Quantities, quantityPattern, rules } from './schema.ts'

const Storage = Type.Object(
  {
    type: oneOf(['pvc', 'emptyDir'], {
      default: 'pvc',
      description:
        'Where the data live. pvc: on a volume of its own for each instance. emptyDir: in its Pod, and gone with it; only replicas keep them then.',
      ...rules({
        rule: 'self == oldSelf',
        message: 'storage.type is immutable: data do not move between kinds of storage',
      }),
    }),
    size: Type.String({
      pattern: quantityPattern,
      maxLength: 32,
      default: '1Gi',
      description:
        'Requested size of each volume. It can grow where the StorageClass allows it, and never shrinks.',
      ...rules(
        {
          rule: 'quantity(self).isGreaterThan(quantity("0"))',
          message: 'storage.size must be greater than 0',
        },
        {
          rule: 'quantity(self).compareTo(quantity(oldSelf)) >= 0',
          message: 'storage.size cannot shrink: Kubernetes volumes only grow',
        },
      ),
    }),
    storageClassName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        pattern: objectNamePattern,
        description: "StorageClass of the volumes; unset means the cluster's default class. Immutable.",
      }),
    ),
    reclaimPolicy: oneOf(['Retain', 'Delete'], {
      default: 'Retain',
      description:
        'Whether the volumes outlive the RedisCluster. Retain: they stay until somebody deletes them. Delete: they go with it.',
    }),
  },
  {
    default: {},
    description: 'The data volume of each instance.',
    ...rules(
      {
        rule: "self.type == 'pvc' || !has(self.storageClassName)",
        message: 'storage.storageClassName is for pvc: an emptyDir has no class',
      },
      {
        rule: 'has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
        message: 'storage.storageClassName is immutable: volumes cannot change their class',
      },
    ),
  },
)

/** A duration as Kubernetes writes it, bounded by CEL; the default is the one that applies when it is absent. */
const duration = (
  fallback: string,
  lowest: string,
  highest: string,
  name: string,
  description: string,
): TString =>
  Type.String({
    pattern: '^[0-9]{1,6}(ms|s)$',
    default: fallback,
    description: `${description} Between ${lowest} and ${highest}.`,
    ...rules({
      rule: `duration(self) >= duration('${lowest}') && duration(self) <= duration('${highest}')`,
      message: `${name} must be between ${lowest} and ${highest}`,
    }),
  })

const PrimaryIsolation = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Whether a primary that reaches neither the API nor enough peers stops accepting writes by itself.',
    }),
    apiServerTimeout: duration(
      defaults.apiServerTimeout,
      '1500ms',
      '45s',
      'primaryIsolation.apiServerTimeout',
      'How long a primary may go on after its last successful read of the API.',
    ),
    peerTimeout: duration(
      defaults.peerTimeout,
      '2500ms',
      '45s',
      'primaryIsolation.peerTimeout',
      'How long a primary may go on after the last heartbeat that enough peers granted.',
    ),
  },
  {
    default: {},
    description:
      'When a primary that is cut off stops by itself. A failover from one that nobody can reach waits for as long.',
  },
)

const FailoverTimings = Type.Object(
  {
    delay: duration(
      defaults.delay,
      '500ms',
      '60s',
      'failover.delay',
      'How long a primary may be silent before another is named.',
    ),
    hung: duration(
      defaults.hung,
      '1s',
      '300s',
      'failover.hung',
      'How long a redis-server may not answer while its Pod does.',
    ),
    unreachable: duration(
      defaults.unreachable,
      '2s',
      '600s',
      'failover.unreachable',
      'How long a primary may be heard by its peers only.',
    ),
  },
  { default: {}, description: 'How patient the operator is before it names another primary.' },
)

const refusedList = ownedDirectives.map((name) => `'${name}'`).join(', ')
const prefixes = ownedPrefixes.map((prefix) => `k.startsWith('${prefix}')`).join(' || ')

const Directives = Type.Record(
  Type.String(),
  Type.String({ maxLength: 1024, pattern: '^[^\\x00-\\x1f]*$' }),
  {
    maxProperties: 128,
    description: 'redis.conf directives in lower case, for example maxmemory-policy: allkeys-lru.',
    ...rules(
      {
        rule: "self.all(k, k.matches('^[a-z][a-z0-9-]{0,63}$'))",
        message: 'spec.redis: a directive is written in lower-case letters, digits and dashes',
      },
      {
        rule: `self.all(k, !(k in [${refusedList}]) && !(${prefixes}))`,
        message: `spec.redis: these directives belong to the operator: ${[...ownedDirectives, ...ownedPrefixes.map((p) => `${p}*`)].join(', ')}`,
      },
    ),
  },
)

export const RedisClusterSpec = Type.Object(
  {
    instances: Type.Integer({
      minimum: 1,
      maximum: 32,
      default: 1,
      description: 'Number of Redis instances: one primary, the others replicas.',
    }),
    mode: oneOf(['standalone', 'sentinel', 'cluster'], {
      default: 'standalone',
      description: 'standalone: one primary and its replicas, failover by this operator.',
      ...rules(
        { rule: "self != 'sentinel'", message: 'mode sentinel is not implemented yet: use standalone' },
        {
          rule: "self != 'cluster'",
          message: 'mode cluster is reserved for a later version: use standalone',
        },
      ),
    }),
    primaryUpdateStrategy: Type.Optional(
      oneOf(['unsupervised', 'supervised'], {
        default: 'unsupervised',
        description:
          'What an update does when only the primary is left: unsupervised hands over and goes on, supervised waits for the annotation redis.io/approve-primary-update: "true".',
      }),
    ),
    imageName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@-]*$',
        description:
          "Image of the instances; it must contain this operator's instance server. Unset: the operator's default, resolved once and kept in status.image.",
      }),
    ),
    storage: Storage,
    redis: Type.Optional(Directives),
    memory: Type.Optional(MemorySpec),
    minSyncReplicas: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 31,
        description:
          'Replicas that must keep up, or the primary refuses writes. A failover then only takes a copy that holds every write for which WAIT answered this many or more.',
      }),
    ),
    primaryIsolation: Type.Optional(PrimaryIsolation),
    failover: Type.Optional(FailoverTimings),
    resources: Type.Optional(
      Type.Object(
        { requests: Type.Optional(Quantities), limits: Type.Optional(Quantities) },
        { description: 'Requests and limits of the Redis container. Unset: requests of 100m CPU and 128Mi.' },
      ),
    ),
    ...secretFields,
    bootstrap: Type.Optional(BootstrapSpec),
    ...connectionFields,
    ...maintenanceFields,
    ...schedulingFields,
    ...podFields,
    enablePodDisruptionBudget: Type.Boolean({
      default: true,
      description: 'Whether a PodDisruptionBudget keeps voluntary disruptions to one instance at a time.',
    }),
  },
  rules(
    {
      rule: 'has(self.bootstrap) == has(oldSelf.bootstrap)',
      message: 'bootstrap is immutable: a cluster is born once',
    },
    {
      rule: 'self.instances >= oldSelf.instances || !has(self.minSyncReplicas) || self.instances > self.minSyncReplicas',
      message:
        'instances cannot go below minSyncReplicas + 1: no write could be acknowledged by that many replicas; lower minSyncReplicas first',
    },
    ...connectionRules,
    ...maintenanceRules,
    ...podRules,
    ...memoryRules,
  ),
)
export type RedisClusterSpec = Static<typeof RedisClusterSpec>
