// Joins Pods, reports and recorded status into facts; derives, never decides. After this nobody reads raw Pods for a decision.
import { instanceAnnotations, type InstanceStatus } from '../../instance/api.ts'
import { contendersOf, type Contender, type Reign } from '../../instance/ballot.ts'
import type { PersistentVolumeClaim, Pod } from '../kubernetes.ts'
import { advancedReign } from './advance.ts'
import { birthOf, type Birth } from './bootstrap.ts'
import { ordinalOf, volumeName } from './names.ts'
import { ordersIn, type Orders } from './orders.ts'
import { isTerminating, ownedPods, type Request } from './observed.ts'
import type { InstanceReport, InstanceReports } from './plan.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { endangeredVolumes, mustSleep } from './sleep.ts'
import type { RedisClusterSpec } from './spec.ts'
import { patienceOf, type Patience } from './timings.ts'
import { claimsOf, doomedVolumes } from './volumes.ts'

/** One Pod and its report, or (without a Pod) a remembered contender whose Pod is gone. */
export interface Instance {
  readonly name: string
  readonly ordinal: number
  readonly uid: string
  readonly ip: string | undefined
  readonly pod: Pod | undefined
  /** Of its volume. */
  readonly claim: PersistentVolumeClaim | undefined
  readonly terminating: boolean
  /** Kubelet reported every container terminated while the Pod was being deleted: nothing of it will run again. */
  readonly ended: boolean
  readonly ready: boolean
  /** Epoch that the Pod's annotation claims; 0 for none. */
  readonly claimedEpoch: number
  readonly report: InstanceReport
}

export interface Facts {
  readonly clusterName: string
  readonly clusterUID: string
  readonly namespace: string
  readonly generation: number
  readonly spec: RedisClusterSpec
  readonly recorded: RedisClusterStatus
  /** Recorded, advanced by what instances hold on disk: status may be behind. */
  readonly reign: Reign
  /** By ordinal, so that nothing depends on map order. */
  readonly instances: readonly Instance[]
  /** Contenders whose Pods are gone: they are fenced and heard, never elected. */
  readonly ghosts: readonly Instance[]
  /** Whoever may be writable for an epoch ≥ currentEpoch. */
  readonly contenders: readonly Contender[]
  readonly orders: Orders
  /** No instance is to run. */
  readonly hibernates: boolean
  /** Names of claims that are lost or being deleted, and of those among them whose Pods still run. */
  readonly doomedVolumes: readonly string[]
  readonly endangeredVolumes: readonly string[]
  readonly patience: Patience
  /** What the cluster is, or was, born from. */
  readonly birth: Birth
  readonly now: Date
}

export function gatherFacts(request: Request, reports: InstanceReports, now: Date): Facts {
  const { parent } = request
  const recorded = parent.status ?? {}
  const instances = ownedPods(request)
    .map((pod) => instanceOf(request, pod, reports))
    .filter((instance): instance is Instance => instance !== undefined)
    .sort((a, b) => a.ordinal - b.ordinal)
  const reign = advancedReign(recorded, instances)
  const claims = instances.map(({ uid, name, claimedEpoch }) => ({ uid, name, epoch: claimedEpoch }))
  const contenders = contendersOf(reign, claims)
  return {
    clusterName: parent.metadata.name,
    clusterUID: parent.metadata.uid ?? '',
    namespace: parent.metadata.namespace ?? '',
    generation: parent.metadata.generation ?? 0,
    spec: parent.spec,
    recorded,
    reign,
    instances,
    ghosts: ghostsOf(contenders, instances, reports),
    contenders,
    patience: patienceOf(parent.spec),
    birth: birthOf(request),
    orders: ordersIn(parent.metadata.name, parent.metadata.annotations),
    hibernates: mustSleep(request),
    doomedVolumes: doomedVolumes(request),
    endangeredVolumes: endangeredVolumes(request),
    now,
  }
}

/** What an instance said, or undefined when it is silent. */
export const statusOf = (instance: Instance | undefined): InstanceStatus | undefined =>
  instance?.report.kind === 'Answered' ? instance.report.status : undefined

export const byUid = (facts: Facts, uid: string | undefined): Instance | undefined =>
  [...facts.instances, ...facts.ghosts].find((instance) => instance.uid === uid)

/** Highest epoch that anything we can see knows of. */
export function highestEpoch(facts: Facts): number {
  const known = [...facts.instances, ...facts.ghosts].flatMap((instance) => {
    const status = statusOf(instance)
    return [instance.claimedEpoch, status?.seen ?? 0, status?.openedEpoch ?? 0, status?.dataEpoch ?? 0]
  })
  const { currentEpoch = 0, primaryEpoch = 0, contenders = [] } = facts.reign
  return Math.max(0, currentEpoch, primaryEpoch, ...contenders.map((contender) => contender.epoch), ...known)
}

/** Seconds since an RFC 3339 time; 0 when there is none. */
export const secondsSince = (time: string | undefined, now: Date): number =>
  time === undefined ? 0 : Math.max(0, (now.getTime() - Date.parse(time)) / 1000)

function instanceOf(request: Request, pod: Pod, reports: InstanceReports): Instance | undefined {
  const cluster = request.parent.metadata.name
  const { uid, name, annotations: shown = {} } = pod.metadata
  const ordinal = ordinalOf(cluster, name)
  if (ordinal === undefined || uid === undefined) return undefined
  const terminating = isTerminating(pod)
  const ip = pod.status?.podIP
  return {
    name,
    ordinal,
    uid,
    ip,
    pod,
    claim: claimsOf(request).find((claim) => claim.metadata.name === volumeName(cluster, ordinal)),
    terminating,
    ended: terminating && containersEnded(pod),
    ready: (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
    claimedEpoch: epochFrom(shown[instanceAnnotations.epoch]),
    report: reports[uid] ?? {
      kind: 'Silent',
      reason: ip === undefined ? 'the Pod has no IP yet' : 'not polled',
    },
  }
}

/** Not the Pod's phase: the garbage collector of Pods writes that for a node which is merely unreachable. */
function containersEnded(pod: Pod): boolean {
  const containers = pod.status?.containerStatuses ?? []
  return containers.length > 0 && containers.every((container) => container.state?.terminated !== undefined)
}

function epochFrom(annotation: string | undefined): number {
  return annotation !== undefined && /^[0-9]{1,15}$/.test(annotation) ? Number(annotation) : 0
}

function ghostsOf(
  contenders: readonly Contender[],
  instances: readonly Instance[],
  reports: InstanceReports,
): readonly Instance[] {
  return contenders
    .filter(({ uid }) => !instances.some((instance) => instance.uid === uid))
    .map(({ uid, name, ip, epoch }) => ({
      name,
      ordinal: Number.MAX_SAFE_INTEGER,
      uid,
      ip,
      pod: undefined,
      claim: undefined,
      terminating: true,
      ended: false,
      ready: false,
      claimedEpoch: epoch,
      report: reports[uid] ?? { kind: 'Silent', reason: 'its Pod is gone' },
    }))
}
