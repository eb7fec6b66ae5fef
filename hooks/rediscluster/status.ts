// Describes what was seen as the status of a RedisCluster; holds no clock, counter or offset that moves by itself.
import type { Blueprint } from './blueprint.ts'
import { bootstrapConditions } from './bootstrap.ts'
import type { DesiredChildren } from './children/desired.ts'
import { madeBefore } from './children/connection.ts'
import { authSecretOf } from './children/secrets.ts'
import {
  appliedCondition,
  collisionCondition,
  ordersCondition,
  primaryCondition,
  readyCondition,
  replicationCondition,
  specCondition,
  withTimes,
  type Claim,
} from './conditions.ts'
import type { Verdict } from './decide.ts'
import { drainCondition } from './drain.ts'
import { durableCondition } from './durability.ts'
import type { Facts, Instance } from './facts.ts'
import { maintenanceConditions } from './maintenance.ts'
import { memoryCondition } from './memory-sentence.ts'
import { controlSecretName, labels, ordinalOf } from './names.ts'
import { find, kinds } from './observed.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { approvalConditions } from './rollout-sentence.ts'
import { hibernationConditions, wantedNames } from './hibernation.ts'
import { salvageConditions } from './salvage.ts'
import { describeSituation } from './sentence.ts'
import { switchoverConditions } from './switchover.ts'
import type { Invalidity } from './validity.ts'
import { growthConditions } from './volume-growth.ts'
import { volumeLists } from './volumes.ts'

export function describeStatus(
  verdict: Verdict,
  blueprint: Blueprint,
  invalid: readonly Invalidity[],
  desired: DesiredChildren,
): RedisClusterStatus {
  const { facts, situation, status: reign } = verdict
  const claims = claimsOf(verdict, blueprint, invalid, desired)
  const holds = (type: string): boolean =>
    claims.some((claim) => claim.type === type && claim.status === 'True')
  return {
    phase: phaseOf(verdict, holds('Ready') && holds('ReplicationHealthy')),
    phaseReason: invalid[0]?.message.slice(0, 1024) ?? describeSituation(situation).slice(0, 1024),
    observedGeneration: facts.generation,
    instances: facts.instances.length,
    readyInstances: facts.instances.filter(isReady).length,
    selector: `${labels.cluster}=${facts.clusterName},${labels.workload}=data`,
    image: blueprint.defaultImage,
    ...reign,
    ...(facts.birth.kind === 'Restoring' ? { bootstrap: facts.birth.bootstrap } : {}),
    ...volumeLists(blueprint.request, facts.clusterName, usedOrdinals(facts)),
    ...secretVersions(blueprint),
    conditions: withTimes(claims, facts),
  }
}

function claimsOf(
  { facts, situation, decision, rollout, recyclings, status: reign }: Verdict,
  blueprint: Blueprint,
  invalid: readonly Invalidity[],
  desired: DesiredChildren,
): readonly Claim[] {
  const ready = facts.instances.filter(isReady).length
  const primary = primaryCondition(facts, situation, decision)
  return [
    readyCondition(facts, ready, primary.status === 'True'),
    primary,
    replicationCondition(facts, situation),
    specCondition(invalid),
    collisionCondition(facts, blueprint, desired.unobserved),
    appliedCondition(facts, blueprint, rollout),
    ...approvalConditions(facts, rollout),
    ordersCondition(facts),
    durableCondition(facts),
    memoryCondition(blueprint),
    drainCondition(facts),
    ...maintenanceConditions(facts, recyclings),
    ...growthConditions(facts),
    ...salvageConditions(facts, reign.instancesStatus),
    ...switchoverConditions(facts, situation, reign),
    ...bootstrapConditions(facts),
    ...hibernationConditions(facts),
  ]
}

function isReady(instance: Instance): boolean {
  return instance.ready && !instance.terminating && instance.report.kind === 'Answered'
}

function phaseOf(
  { situation, rollout, status }: Verdict,
  healthy: boolean,
): NonNullable<RedisClusterStatus['phase']> {
  if (situation.kind === 'Hibernating') return 'Hibernating'
  if (status.currentPrimary === undefined) return 'Creating'
  if (rollout.kind === 'Approval') return 'WaitingForUser'
  if (['Replace', 'Retire', 'Waiting'].includes(rollout.kind)) return 'Updating'
  if (situation.kind === 'Serving') return healthy ? 'Healthy' : 'Degraded'
  return situation.kind === 'Blinking' || situation.kind === 'Unreachable' ? 'Degraded' : 'FailingOver'
}

/** An instance that sleeps, or is away for a moment, has its data only there. */
const usedOrdinals = (facts: Facts): readonly number[] => [
  ...facts.instances.map(({ ordinal }) => ordinal),
  ...wantedNames(facts).flatMap((pod) => ordinalOf(facts.clusterName, pod) ?? []),
]

function secretVersions(blueprint: Blueprint): Pick<RedisClusterStatus, 'secretsResourceVersion'> {
  const { request, name } = blueprint
  const connections = madeBefore(blueprint).map(({ metadata }) => metadata.name)
  const acl = blueprint.spec.aclConfigSecret?.name ?? []
  const entries = [authSecretOf(blueprint), controlSecretName(name), acl, ...connections]
    .flat()
    .flatMap((secret) => {
      const object =
        find(request.children, kinds.secret, secret) ?? find(request.related, kinds.secret, secret)
      const resourceVersion = object?.metadata.resourceVersion
      return resourceVersion === undefined ? [] : [[secret, resourceVersion] as const]
    })
  return entries.length > 0 ? { secretsResourceVersion: Object.fromEntries(entries) } : {}
}
