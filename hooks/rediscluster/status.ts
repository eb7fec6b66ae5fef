// Describes what was seen as the status of a RedisCluster; holds no clock, counter or offset that moves by itself.
import type { Blueprint } from './blueprint.ts'
import type { DesiredChildren } from './children/desired.ts'
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
} from './conditions.ts'
import type { Verdict } from './decide.ts'
import { durableCondition } from './durability.ts'
import type { Facts, Instance } from './facts.ts'
import { controlSecretName, labels, volumeName } from './names.ts'
import { allOf, find, kinds } from './observed.ts'
import type { Situation } from './primary.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { salvageConditions } from './salvage.ts'
import { describeSituation } from './sentence.ts'
import { switchoverConditions } from './switchover.ts'
import type { Invalidity } from './validity.ts'

export function describeStatus(
  { facts, situation, decision, status: reign }: Verdict,
  blueprint: Blueprint,
  invalid: readonly Invalidity[],
  desired: DesiredChildren,
): RedisClusterStatus {
  const readyInstances = facts.instances.filter(isReady).length
  const primary = primaryCondition(facts, situation, decision)
  const replication = replicationCondition(facts, situation)
  const ready = readyCondition(facts, readyInstances, primary.status === 'True')
  const claims = [
    ready,
    primary,
    replication,
    specCondition(invalid),
    collisionCondition(facts, blueprint, desired.unobserved),
    appliedCondition(facts, blueprint),
    ordersCondition(facts),
    durableCondition(facts),
    ...salvageConditions(facts, reign.instancesStatus),
    ...switchoverConditions(facts, situation, reign),
  ]
  return {
    phase: phaseOf(
      situation,
      ready.status === 'True' && replication.status === 'True',
      reign.currentPrimary !== undefined,
    ),
    phaseReason: invalid[0]?.message.slice(0, 1024) ?? describeSituation(situation).slice(0, 1024),
    observedGeneration: facts.generation,
    instances: facts.instances.length,
    readyInstances,
    selector: `${labels.cluster}=${facts.clusterName},${labels.workload}=data`,
    image: blueprint.defaultImage,
    ...reign,
    ...volumeLists(blueprint, facts),
    ...secretVersions(blueprint),
    conditions: withTimes(claims, facts),
  }
}

function isReady(instance: Instance): boolean {
  return instance.ready && !instance.terminating && instance.report.kind === 'Answered'
}

function phaseOf(
  situation: Situation,
  healthy: boolean,
  everServed: boolean,
): NonNullable<RedisClusterStatus['phase']> {
  if (!everServed) return 'Creating'
  if (situation.kind === 'Serving') return healthy ? 'Healthy' : 'Degraded'
  return situation.kind === 'Blinking' || situation.kind === 'Unreachable' ? 'Degraded' : 'FailingOver'
}

function volumeLists(
  blueprint: Blueprint,
  facts: Facts,
): Pick<RedisClusterStatus, 'healthyPVC' | 'danglingPVC'> {
  const used = facts.instances.map(({ ordinal }) => volumeName(facts.clusterName, ordinal))
  const claims = allOf(blueprint.request.children, kinds.volume).map(({ metadata }) => metadata.name)
  const healthyPVC = claims.filter((claim) => used.includes(claim))
  const danglingPVC = claims.filter((claim) => !used.includes(claim))
  return {
    ...(healthyPVC.length > 0 ? { healthyPVC } : {}),
    ...(danglingPVC.length > 0 ? { danglingPVC } : {}),
  }
}

function secretVersions(blueprint: Blueprint): Pick<RedisClusterStatus, 'secretsResourceVersion'> {
  const { request, name } = blueprint
  const entries = [authSecretOf(blueprint), controlSecretName(name)].flatMap((secret) => {
    const object = find(request.children, kinds.secret, secret) ?? find(request.related, kinds.secret, secret)
    const resourceVersion = object?.metadata.resourceVersion
    return resourceVersion === undefined ? [] : [[secret, resourceVersion] as const]
  })
  return entries.length > 0 ? { secretsResourceVersion: Object.fromEntries(entries) } : {}
}
