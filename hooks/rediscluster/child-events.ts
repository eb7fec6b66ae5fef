// The Events of Pods and Secrets that come, change and go. Deletions by somebody else are told by whoever did them.
import type { Blueprint } from './blueprint.ts'
import { normal, warning, type PlannedEvent } from './event.ts'
import { annotations, labels, ordinalOf, podName } from './names.ts'
import { find, isTerminating, kinds, ownedPods } from './observed.ts'
import type { SyncPlan } from './plan.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { volumeEvents } from './volume-events.ts'

type Plan = Pick<SyncPlan, 'status' | 'children' | 'deletions'>

export function childEvents(blueprint: Blueprint, plan: Plan): readonly PlannedEvent[] {
  const recorded = blueprint.request.parent.status ?? {}
  return [
    ...scaled(blueprint, plan.children, recorded),
    ...created(recorded, plan.status),
    ...deleted(blueprint, plan.deletions),
    ...fenced(recorded, plan.status),
    ...secrets(blueprint, recorded, plan.status),
    ...volumeEvents(blueprint, plan),
  ]
}

/** The Role of the instances names the Pods that were wanted so far: a Pod that is only being replaced is among them. */
function scaled(
  { name, spec, request }: Blueprint,
  children: SyncPlan['children'],
  recorded: RedisClusterStatus,
): readonly PlannedEvent[] {
  const { generation = 0 } = request.parent.metadata
  const known = namesInRole(find(request.children, kinds.role, name))
  const wanted = Array.from({ length: spec.instances }, (_, ordinal) => podName(name, ordinal))
  const named = namesInRole(children.find(({ kind, metadata }) => kind === 'Role' && metadata.name === name))
  const more = wanted.filter((pod) => named.includes(pod) && !known.includes(pod))
  if (known.length > 0 && more.length > 0) {
    const message = `to ${spec.instances} instances: ${more.join(', ')} to come`
    return [normal('ScaleUp', `generation ${generation}`, message)]
  }
  const less = ownedPods(request).filter(
    ({ metadata }) => (ordinalOf(name, metadata.name) ?? 0) >= spec.instances,
  )
  const lowest = less.find(({ metadata }) => ordinalOf(name, metadata.name) === spec.instances) ?? less[0]
  if (lowest === undefined || recorded.observedGeneration === generation) return []
  const names = less.map(({ metadata }) => metadata.name).join(', ')
  return [normal('ScaleDown', lowest.metadata.uid ?? '', `to ${spec.instances} instances: ${names} to leave`)]
}

function namesInRole(role: object | undefined): readonly string[] {
  const { rules = [] } = (role ?? {}) as {
    readonly rules?: readonly {
      readonly resources?: readonly string[]
      readonly resourceNames?: readonly string[]
    }[]
  }
  return rules.find(({ resources }) => resources?.includes('pods'))?.resourceNames ?? []
}

/** When it is seen, not when it is asked for: that may fail. */
function created(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  return Object.entries(next.instancesStatus ?? {}).flatMap(([name, { uid }]) =>
    recorded.instancesStatus?.[name]?.uid === uid
      ? []
      : [normal('PodCreated', uid, `Pod ${name} was created`)],
  )
}

/** The only Secrets that are ever left out are those that told how to connect. */
function deleted({ request }: Blueprint, deletions: SyncPlan['deletions']): readonly PlannedEvent[] {
  return deletions.flatMap(({ kind, name, reason }) => {
    const of = { Pod: kinds.pod, Secret: kinds.secret }[kind]
    const child = of === undefined ? undefined : find(request.children, of, name)
    if (child === undefined || isTerminating(child)) return []
    const event = kind === 'Pod' ? 'PodDeleted' : 'ConnectionSecretRemoved'
    return [normal(event, child.metadata.uid ?? name, `${kind} ${name} is deleted: ${reason}`)]
  })
}

function fenced(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  const since = recorded.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? 'birth'
  return Object.entries(next.instancesStatus ?? {}).flatMap(([name, state]) => {
    const before = recorded.instancesStatus?.[name]
    const [was, is] = [before?.fenced === true, state.fenced === true]
    const once = `${name} ${since}`
    if (is && !was)
      return [
        warning(
          'FencingSet',
          once,
          `redis-server of ${name} is stopped, and kept stopped: ${annotations.fenced}`,
        ),
      ]
    return was && !is
      ? [normal('FencingCleared', once, `redis-server of ${name} is no longer kept stopped`)]
      : []
  })
}

/** By version alone: what is in a Secret is nobody's business. */
function secrets(
  { request }: Blueprint,
  recorded: RedisClusterStatus,
  next: RedisClusterStatus,
): readonly PlannedEvent[] {
  const [before, after] = [recorded.secretsResourceVersion ?? {}, next.secretsResourceVersion ?? {}]
  const isConnection = (name: string): boolean =>
    find(request.children, kinds.secret, name)?.metadata.labels?.[labels.connection] === 'true'
  return Object.entries(after).flatMap(([name, version]): readonly PlannedEvent[] => {
    if (before[name] === version) return []
    const once = `${name} ${version}`
    if (isConnection(name))
      return [normal('ConnectionSecretPublished', once, `Secret ${name} tells how to connect`)]
    return before[name] === undefined ? [] : [normal('SecretRotated', once, `Secret ${name} has changed`)]
  })
}
