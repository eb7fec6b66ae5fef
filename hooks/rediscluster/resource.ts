// The RedisCluster resource as a whole: its type, and the CRD made from its schemas.
import { crdFor } from '../crd.ts'
import type { KubernetesObject } from '../kubernetes.ts'
import { connectionNameRule } from './connection-spec.ts'
import { group, kind, plural, version } from './names.ts'
import { RedisClusterStatus } from './recorded.ts'
import { RedisClusterSpec } from './spec.ts'

export interface RedisCluster extends KubernetesObject {
  readonly spec: RedisClusterSpec
  readonly status?: RedisClusterStatus
}

/** Longest name that leaves room for the longest derived name within 63 characters. */
export const longestName = 50

export function redisClusterCrd(): object {
  return crdFor({
    group,
    version,
    kind,
    plural,
    singular: 'rediscluster',
    shortNames: ['rdc'],
    categories: ['redis'],
    spec: RedisClusterSpec,
    status: RedisClusterStatus,
    scale: {
      specReplicasPath: '.spec.instances',
      statusReplicasPath: '.status.instances',
      labelSelectorPath: '.status.selector',
    },
    printerColumns: [
      { name: 'Instances', type: 'integer', jsonPath: '.spec.instances' },
      { name: 'Ready', type: 'integer', jsonPath: '.status.readyInstances' },
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      { name: 'Primary', type: 'string', jsonPath: '.status.currentPrimary' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      { name: 'Reason', type: 'string', jsonPath: '.status.phaseReason', priority: 1 },
    ],
    validations: [
      {
        rule: `size(self.metadata.name) <= ${longestName}`,
        message: `the name of a RedisCluster has at most ${longestName} characters: names derived from it must fit in 63`,
      },
      {
        rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
        message:
          'the name of a RedisCluster starts with a letter and has only lower-case letters, digits and dashes: Services are named after it',
      },
      connectionNameRule,
    ],
  })
}
