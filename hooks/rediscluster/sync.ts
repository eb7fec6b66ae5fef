// The sync of a RedisCluster: decide who is primary, describe what is seen, build what should exist.
import type { CustomizeRequest, CustomizeResponse } from '../../metacontroller/contract.ts'
import type { Pod } from '../kubernetes.ts'
import { blueprintOf } from './blueprint.ts'
import { desiredChildren } from './children/desired.ts'
import { decide, type Verdict } from './decide.ts'
import { eventsOf } from './events.ts'
import type { Facts } from './facts.ts'
import { apiVersion, labels, type Role } from './names.ts'
import type { Request } from './observed.ts'
import type { Deletion, InstanceReports, SyncPlan } from './plan.ts'
import type { RedisCluster } from './resource.ts'
import { isBorn, retainedVolumes } from './retained.ts'
import { describeDecision, describeSituation } from './sentence.ts'
import { describeStatus } from './status.ts'
import { invalidities } from './validity.ts'
import { lostVolumes } from './volumes.ts'

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
  const decided = decide(request, reports, now)
  const invalid = invalidities(blueprint)
  const mayCreate =
    invalid.length === 0 &&
    (isBorn(blueprint) || retainedVolumes(blueprint).length === 0) &&
    !isAwaited(decided.facts)
  const isCalm = mayCreate || decided.situation.kind === 'Hibernating'
  const verdict = isCalm ? decided : heldBack(decided)
  const { situation, decision, labelled } = verdict
  const roleOf = ({ metadata }: Pod): Role =>
    labelled !== undefined && metadata.uid === labelled ? 'primary' : 'replica'
  const desired = desiredChildren(blueprint, roleOf, mayCreate, isCalm ? replacements(verdict, request) : [])
  const { children, deletions } = desired
  const status = describeStatus(verdict, blueprint, invalid, desired)
  return {
    status,
    children,
    resyncAfterSeconds: verdict.resyncAfterSeconds,
    commands: verdict.commands,
    deletions,
    events: eventsOf(blueprint, { status, children, deletions }),
    decision: `${situation.kind}: ${describeSituation(situation)} → ${describeDecision(decision)}`,
  }
}

/** Nobody is told to stop whose Pod is not removed then, and no approval is used up. To sleep needs no valid spec. */
function heldBack(verdict: Verdict): Verdict {
  const { approvalUsed: _used, ...status } = verdict.status
  const { approvalUsed } = verdict.facts.recorded
  const waits = ['Replace', 'Retire'].includes(verdict.rollout.kind)
  const reason = 'the spec cannot be carried out, see SpecValid'
  return {
    ...verdict,
    status: { ...status, ...(approvalUsed === undefined ? {} : { approvalUsed }) },
    commands: verdict.commands.filter(({ kind }) => kind !== 'Retire'),
    rollout: waits ? { kind: 'Waiting', reason } : verdict.rollout,
  }
}

/** By name: Metacontroller deletes the very object that it showed us, or none. */
function replacements(verdict: Verdict, request: Request): readonly Deletion[] {
  const { rollout, situation, facts } = verdict
  if (rollout.kind === 'Replace') return [{ kind: 'Pod', name: rollout.instance.name, reason: rollout.why }]
  if (situation.kind !== 'Serving') return []
  const used = facts.instances.map(({ ordinal }) => ordinal)
  const lost = lostVolumes(request, facts.clusterName, used).map((name) =>
    volume(name, 'its volume is lost, and another instance serves the data'),
  )
  const recycled = verdict.recyclings.flatMap((each) =>
    each.kind === 'Recycle'
      ? [volume(each.claim, `${each.instance.name} is kept from it by maintenance`)]
      : [],
  )
  return [...lost, ...recycled]
}

const volume = (name: string, reason: string): Deletion => ({ kind: 'PersistentVolumeClaim', name, reason })

/** Without its backup a cluster is not born at all, rather than empty. */
const isAwaited = ({ birth, reign }: Facts): boolean =>
  birth.kind === 'Waiting' && reign.currentEpoch === undefined

/** Depends on identity and spec only: Metacontroller asks once per generation, and keeps the answer. */
export function customize({ parent }: CustomizeRequest<RedisCluster>): CustomizeResponse {
  const { name, namespace = '' } = parent.metadata
  const secrets = [parent.spec.authSecret, parent.spec.aclConfigSecret].flatMap(
    (secret) => secret?.name ?? [],
  )
  const backup = parent.spec.bootstrap?.backupName
  const named =
    secrets.length === 0 ? [] : [{ apiVersion: 'v1', resource: 'secrets', namespace, names: secrets }]
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
      ...(backup === undefined ? [] : [{ apiVersion, resource: 'redisbackups', namespace, names: [backup] }]),
    ],
  }
}
