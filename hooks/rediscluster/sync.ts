// The sync of a RedisCluster: decide who is primary, describe what is seen, build what should exist.
import type { CustomizeRequest, CustomizeResponse } from '../../metacontroller/contract.ts'
import type { Pod } from '../kubernetes.ts'
import { blueprintOf } from './blueprint.ts'
import { desiredChildren } from './children/desired.ts'
import { retainedVolumes } from './conditions.ts'
import { decide } from './decide.ts'
import { labels, type Role } from './names.ts'
import type { Request } from './observed.ts'
import type { InstanceReports, SyncPlan } from './plan.ts'
import type { RedisCluster } from './resource.ts'
import { describeDecision, describeSituation } from './sentence.ts'
import { describeStatus } from './status.ts'
import { invalidities } from './validity.ts'

export interface Defaults {
  /** Image of the instances when the spec names none. */
  readonly image: string
}

/**
 * If the world looked like this, what should exist? Pure: the same request, reports, time and entropy give the same plan.
 * Throws on a request that it cannot answer safely; the server turns that into an error, never into a shorter list.
 */
export function sync(
  request: Request,
  reports: InstanceReports,
  now: Date,
  entropy: string,
  defaults: Defaults,
): SyncPlan {
  const blueprint = blueprintOf(request, entropy, defaults.image)
  const verdict = decide(request, reports, now)
  const { situation, decision, labelled } = verdict
  const invalid = invalidities(blueprint)
  const mayCreate = invalid.length === 0 && retainedVolumes(blueprint).length === 0
  const roleOf = ({ metadata }: Pod): Role =>
    labelled !== undefined && metadata.uid === labelled ? 'primary' : 'replica'
  const desired = desiredChildren(blueprint, roleOf, mayCreate)
  return {
    status: describeStatus(verdict, blueprint, invalid, desired),
    children: desired.children,
    resyncAfterSeconds: verdict.resyncAfterSeconds,
    commands: verdict.commands,
    deletions: desired.deletions,
    decision: `${situation.kind}: ${describeSituation(situation)} → ${describeDecision(decision)}`,
  }
}

/** Depends on identity and spec only: Metacontroller asks once per generation, and keeps the answer. */
export function customize({ parent }: CustomizeRequest<RedisCluster>): CustomizeResponse {
  const { name, namespace = '' } = parent.metadata
  const authSecret = parent.spec.authSecret?.name
  const named =
    authSecret === undefined
      ? []
      : [{ apiVersion: 'v1', resource: 'secrets', namespace, names: [authSecret] }]
  return {
    relatedResources: [
      { apiVersion: 'v1', resource: 'namespaces', names: [namespace] },
      {
        apiVersion: 'v1',
        resource: 'persistentvolumeclaims',
        namespace,
        labelSelector: { matchLabels: { [labels.cluster]: name } },
      },
      { apiVersion: 'storage.k8s.io/v1', resource: 'storageclasses', labelSelector: { matchLabels: {} } },
      ...named,
    ],
  }
}
