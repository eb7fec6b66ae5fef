// Describes what was seen as the status of a RedisCluster; holds no clock, counter or offset that moves by itself.
import type { InstanceStatus } from '../../instance/api.ts'
import type { Blueprint } from './blueprint.ts'
import type { DesiredChildren } from './children/desired.ts'
import { authSecretOf } from './children/secrets.ts'
import {
  appliedCondition,
  collisionCondition,
  primaryCondition,
  readyCondition,
  replicationCondition,
  specCondition,
  withTimes,
} from './conditions.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { controlSecretName, labels, volumeName } from './names.ts'
import { nextReign } from './next-reign.ts'
import { allOf, find, kinds } from './observed.ts'
import type { PrimaryDecision, Situation } from './primary.ts'
import type { InstanceState, RedisClusterStatus } from './recorded.ts'
import { describeSituation } from './sentence.ts'
import { canonicalJson } from './text-hash.ts'
import type { Invalidity } from './validity.ts'

export interface Decided {
  readonly situation: Situation
  readonly decision: PrimaryDecision
  readonly invalid: readonly Invalidity[]
}

export function describeStatus(
  facts: Facts,
  blueprint: Blueprint,
  decided: Decided,
  desired: DesiredChildren,
): RedisClusterStatus {
  const { situation, decision, invalid } = decided
  const readyInstances = facts.instances.filter(isReady).length
  const reign = nextReign(facts, situation, decision)
  const primary = primaryCondition(facts, situation, decision)
  const replication = replicationCondition(facts, situation)
  const ready = readyCondition(readyInstances, facts.spec.instances, primary.status === 'True')
  const applied = appliedCondition(facts, blueprint)
  const claims = [
    ready,
    primary,
    replication,
    specCondition(invalid),
    collisionCondition(facts, blueprint, desired.unobserved),
    applied,
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
    instancesStatus: instanceStates(facts, reign.currentPrimaryUID),
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

function instanceStates(facts: Facts, primaryUID: string | undefined): Record<string, InstanceState> {
  return Object.fromEntries(
    facts.instances.map((instance) => {
      const before = facts.recorded.instancesStatus?.[instance.name]
      return [instance.name, withOffset(stateOf(instance, primaryUID), statusOf(instance), before)]
    }),
  )
}

function stateOf(instance: Instance, primaryUID: string | undefined): InstanceState {
  const status = statusOf(instance)
  return {
    uid: instance.uid,
    ...(instance.ip === undefined ? {} : { ip: instance.ip }),
    role: instance.uid === primaryUID ? 'primary' : 'replica',
    connected: status !== undefined,
    ready: instance.ready,
    ...(status === undefined
      ? {}
      : { state: status.redis.loading ? 'loading' : status.redis.state, epoch: status.dataEpoch }),
    ...(status?.masterLinkStatus === undefined ? {} : { masterLinkStatus: status.masterLinkStatus }),
  }
}

/** The offset is refreshed only when something else changes: it moves all the time, and each write of it would be a sync. */
function withOffset(
  state: InstanceState,
  status: InstanceStatus | undefined,
  before: InstanceState | undefined,
): InstanceState {
  const { replicationOffset: recordedOffset, ...rest } = before ?? {}
  const unchanged = canonicalJson(rest) === canonicalJson(state)
  const replicationOffset = unchanged ? recordedOffset : (status?.replicationOffset ?? recordedOffset)
  return replicationOffset === undefined ? state : { ...state, replicationOffset }
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
