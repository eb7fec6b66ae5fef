// The sync of a RedisCluster: gather facts, decide who is primary, describe what is seen, build what should exist.
import type { CustomizeRequest, CustomizeResponse } from '../../metacontroller/contract.ts'
import type { Pod } from '../kubernetes.ts'
import { blueprintOf } from './blueprint.ts'
import { desiredChildren } from './children/desired.ts'
import { commandsFor } from './commands.ts'
import { retainedVolumes } from './conditions.ts'
import { gatherFacts, type Facts } from './facts.ts'
import { labels, type Role } from './names.ts'
import type { Request } from './observed.ts'
import type { InstanceReports, SyncPlan } from './plan.ts'
import { assess, decidePrimary, type PrimaryDecision, type Situation } from './primary.ts'
import type { RedisCluster } from './resource.ts'
import { describeDecision, describeSituation } from './sentence.ts'
import { describeStatus } from './status.ts'
import { textHash } from './text-hash.ts'
import { resync } from './timings.ts'
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
  const facts = gatherFacts(request, reports, now)
  const situation = assess(facts)
  const decision = decidePrimary(situation, facts)
  const invalid = invalidities(blueprint)
  const mayCreate = invalid.length === 0 && retainedVolumes(blueprint).length === 0
  const desired = desiredChildren(blueprint, roleOf(facts, decision), mayCreate)
  return {
    status: describeStatus(facts, blueprint, { situation, decision, invalid }, desired),
    children: desired.children,
    resyncAfterSeconds: resyncAfter(facts, situation, decision),
    commands: commandsFor(facts, situation, decision),
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

/** Nobody is labelled primary while another is named: so -leader selects nobody until the successor is installed. */
function roleOf({ reign }: Facts, decision: PrimaryDecision): (pod: Pod) => Role {
  const settled =
    reign.currentPrimaryUID === reign.targetPrimaryUID && reign.currentEpoch === reign.primaryEpoch
  const installed = decision.kind === 'Install' ? decision.primary.uid : undefined
  const serving = settled && decision.kind !== 'Name' ? reign.currentPrimaryUID : undefined
  const primary = installed ?? serving
  return (pod) => (primary !== undefined && pod.metadata.uid === primary ? 'primary' : 'replica')
}

function resyncAfter(facts: Facts, situation: Situation, decision: PrimaryDecision): number {
  if (
    ['Fencing', 'HandingOver', 'Succeeded', 'Choosing'].includes(situation.kind) ||
    decision.kind === 'Name'
  )
    return resync.urgent
  const complete =
    facts.instances.length >= facts.spec.instances &&
    facts.instances.every(({ ready, report }) => ready && report.kind === 'Answered')
  return situation.kind === 'Serving' && complete ? resync.idle + jitter(facts.clusterUID) : resync.transition
}

/** Up to 2 s by UID, so that many clusters do not sync in one burst; the same for the same cluster. */
function jitter(uid: string): number {
  return Number(BigInt(`0x${textHash(uid)}`) % 20n) / 10
}
