// PodDisruptionBudgets: how many Pods may be evicted now, and evictions that respect it.
import { kinds, objectsOf, type Cluster } from '../cluster.ts'
import { Failure } from '../failure.ts'
import {
  clone,
  fieldsOf,
  isEqual,
  listOf,
  textOf,
  timestamp,
  valueAt,
  type ApiObject,
  type Fields,
} from '../object.ts'
import { storeKey } from '../resource.ts'
import { selectorPredicate } from '../selectors.ts'
import type { Change } from '../store.ts'
import { removeObject, removeOptions } from '../write/remove.ts'

interface Budget {
  readonly currentHealthy: number
  readonly desiredHealthy: number
  readonly disruptionsAllowed: number
  readonly expectedPods: number
}

export function updateBudgets(cluster: Cluster, { key, last }: Change): void {
  if (key !== storeKey(kinds.pod) && key !== storeKey(kinds.disruptionBudget)) return
  for (const pdb of objectsOf(cluster, kinds.disruptionBudget, last.metadata.namespace)) {
    const draft = clone(pdb)
    draft.status = statusFor(cluster, pdb)
    if (!isEqual(draft.status, pdb.status)) cluster.store.put(storeKey(kinds.disruptionBudget), draft)
  }
}

/** Throws 429 when a budget would be broken. */
export function evict(cluster: Cluster, pod: ApiObject, options: Fields): void {
  const { name, namespace = '', labels = {} } = pod.metadata
  const budgets = objectsOf(cluster, kinds.disruptionBudget, namespace).filter(({ spec }) =>
    selectorPredicate(spec?.['selector'])(labels),
  )
  const [pdb, second] = budgets
  if (second !== undefined)
    throw new Failure(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  if (pdb !== undefined && !isFree(pod)) refuseBreach(cluster, pdb, pod)
  removeObject(cluster, kinds.pod, { namespace, name }, removeOptions(new URLSearchParams(), options))
}

const isFree = ({ status, metadata }: ApiObject): boolean =>
  metadata.deletionTimestamp !== undefined ||
  ['Pending', 'Succeeded', 'Failed'].includes(textOf(status?.['phase']))

function refuseBreach(cluster: Cluster, pdb: ApiObject, pod: ApiObject): void {
  const { currentHealthy, desiredHealthy, disruptionsAllowed } = budgetOf(cluster, pdb)
  const isAlwaysAllowed = pdb.spec?.['unhealthyPodEvictionPolicy'] === 'AlwaysAllow'
  const isHarmless =
    !isReady(pod) && (isAlwaysAllowed || (currentHealthy >= desiredHealthy && desiredHealthy > 0))
  if (disruptionsAllowed > 0 || isHarmless) return
  const message = `The disruption budget ${pdb.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  throw new Failure(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: 'DisruptionBudget', message, field: '' }],
      retryAfterSeconds: 10,
    },
  )
}

function statusFor(cluster: Cluster, pdb: ApiObject): Fields {
  const budget = budgetOf(cluster, pdb)
  const isEnough = budget.disruptionsAllowed > 0
  const status = isEnough ? 'True' : 'False'
  const [before] = listOf(pdb.status?.['conditions'])
  const condition = {
    type: 'DisruptionAllowed',
    status,
    reason: isEnough ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: pdb.metadata.generation,
    lastTransitionTime: before?.['status'] === status ? before['lastTransitionTime'] : timestamp(),
  }
  return { ...budget, observedGeneration: pdb.metadata.generation, conditions: [condition] }
}

function budgetOf(cluster: Cluster, { metadata, spec }: ApiObject): Budget {
  const matches = selectorPredicate(spec?.['selector'])
  const pods = objectsOf(cluster, kinds.pod, metadata.namespace).filter((pod) =>
    matches(pod.metadata.labels ?? {}),
  )
  const currentHealthy = pods.filter(
    (pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined,
  ).length
  const { minAvailable, maxUnavailable } = fieldsOf(spec)
  const expectedPods = typeof minAvailable === 'number' ? pods.length : expectedOf(cluster, pods)
  const desiredHealthy =
    maxUnavailable === undefined
      ? countOf(minAvailable ?? 1, expectedPods)
      : Math.max(0, expectedPods - countOf(maxUnavailable, expectedPods))
  const disruptionsAllowed = pods.length === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
  return { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods }
}

/** What the owners want to have: a Pod that is missing is a disruption, too. */
function expectedOf(cluster: Cluster, pods: readonly ApiObject[]): number {
  const owners = new Set(
    pods.map(({ metadata }) => metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid),
  )
  const counts = [...owners].map((uid) => {
    const owned = pods.filter(({ metadata }) =>
      metadata.ownerReferences?.some((reference) => reference.uid === uid),
    ).length
    const found = uid === undefined ? undefined : cluster.store.byUid(uid)
    const path =
      found === undefined ? undefined : cluster.catalogue.ofKey(found.key)?.custom?.scale?.specReplicas
    const replicas = path === undefined ? undefined : valueAt(found?.object, path)
    const alone = pods.filter(
      ({ metadata }) => !metadata.ownerReferences?.some(({ controller }) => controller === true),
    ).length
    return typeof replicas === 'number' ? replicas : uid === undefined ? alone : owned
  })
  return counts.reduce((sum, count) => sum + count, 0)
}

const countOf = (value: unknown, of: number): number =>
  typeof value === 'string' && value.endsWith('%')
    ? Math.ceil((Number(value.slice(0, -1)) * of) / 100)
    : Number(value)

export const isReady = ({ status }: ApiObject): boolean =>
  listOf(status?.['conditions']).some(({ type, status: is }) => type === 'Ready' && is === 'True')
