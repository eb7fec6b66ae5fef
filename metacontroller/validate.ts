// Checks an answer before it leaves: an omitted child is deleted with its data, a null child stops Metacontroller for all.
import type { KubernetesObject, SyncRequest } from './contract.ts'
import { isRecord, leftovers } from './leftovers.ts'

/** A SyncResponse that nobody has checked yet. */
export interface Answer {
  readonly status: unknown
  readonly children: unknown
  readonly resyncAfterSeconds: unknown
}

export interface AnswerContext {
  readonly request: SyncRequest
  /** Declared in the CompositeController, spelled as the keys of the request's children: `Pod.v1`. */
  readonly childKinds: readonly string[]
  /** The observed children that are left out on purpose. */
  readonly deletions: readonly { readonly kind: string; readonly name: string; readonly reason: string }[]
  readonly namespace: string
}

/** Why this answer must not be sent, each as a sentence; empty when it may. */
export function violationsOf(answer: Answer, context: AnswerContext): readonly string[] {
  const { status, children, resyncAfterSeconds } = answer
  if (!Array.isArray(children))
    return ['children is not an array: Metacontroller would delete every observed child']
  const sound = children.filter(isChild)
  return [
    ...children.flatMap((child, index) => (isChild(child) ? [] : [`children[${index}] ${nameless}`])),
    ...sound.flatMap((child) => childViolations(child, context)),
    ...repeated(sound.map(keyOf)).map((key) => `${key} is returned more than once`),
    ...deletionViolations(sound, context),
    ...statusViolations(status),
    ...(isPositive(resyncAfterSeconds) ? [] : ['resyncAfterSeconds is not a finite number above 0']),
  ]
}

const nameless = 'is not an object with apiVersion, kind, metadata.name and metadata.namespace'

function isChild(child: unknown): child is KubernetesObject {
  if (!isRecord(child) || !isRecord(child['metadata'])) return false
  const { name, namespace } = child['metadata']
  return [child['apiVersion'], child['kind'], name, namespace].every(isText)
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

const isPositive = (value: unknown): boolean => Number.isFinite(value) && Number(value) > 0

const kindOf = ({ apiVersion, kind }: KubernetesObject): string => `${kind}.${apiVersion}`

const keyOf = (child: KubernetesObject): string =>
  `${kindOf(child)} ${child.metadata.namespace ?? ''}/${child.metadata.name}`

const repeated = (keys: readonly string[]): readonly string[] => [
  ...new Set(keys.filter((key, index) => keys.indexOf(key) !== index)),
]

function childViolations(child: KubernetesObject, context: AnswerContext): readonly string[] {
  const key = keyOf(child)
  const { namespace, labels } = child.metadata
  const label = labels?.['controller-uid']
  const observed = observedChildren(context.request).find((other) => keyOf(other) === key)
  // Metacontroller never writes a child's status.
  const written = { ...child, status: {} }
  return [
    ...(context.childKinds.includes(kindOf(child)) ? [] : [`${key} is of a kind that is not declared`]),
    ...(namespace === context.namespace ? [] : [`${key} is not in the parent's namespace`]),
    ...('generateName' in child.metadata
      ? [`${key} has a generateName: every sync would create another`]
      : []),
    ...(label === undefined || label === context.request.parent.metadata.uid
      ? []
      : [`${key} carries the controller-uid of another parent: the whole sync would fail`]),
    ...leftovers(written, { ...observed, status: {} }).map((leftover) => `${key}: ${leftover}`),
  ]
}

const observedChildren = ({ children }: SyncRequest): readonly KubernetesObject[] =>
  Object.values(children).flatMap((ofKind) => Object.values(ofKind))

/** Every observed child is returned, terminating, or deleted for a reason; and Pods go one at a time. */
function deletionViolations(
  children: readonly KubernetesObject[],
  { request, deletions }: AnswerContext,
): readonly string[] {
  const observed = observedChildren(request)
  const returned = new Set(children.map(keyOf))
  const omitted = observed.filter(
    (child) => !returned.has(keyOf(child)) && child.metadata.deletionTimestamp === undefined,
  )
  const pods = omitted.filter((child) => kindOf(child) === 'Pod.v1').length
  const alive = request.parent.metadata.deletionTimestamp === undefined
  return [
    ...omitted
      .filter((child) => !deletions.some((deletion) => names(deletion, child)))
      .map((child) => `${keyOf(child)} is observed but not returned, and no deletion names it`),
    ...deletions.flatMap((deletion) => {
      const what = `the deletion of ${deletion.kind} ${deletion.name}`
      return [
        ...(deletion.reason.trim() === '' ? [`${what} has no reason`] : []),
        ...(observed.some((child) => names(deletion, child)) ? [] : [`${what} names no observed child`]),
        ...(children.some((child) => names(deletion, child))
          ? [`${what} names a child that is returned`]
          : []),
      ]
    }),
    ...(alive && pods > 1
      ? [`${pods} Pods would be deleted at once: at most one while the parent lives`]
      : []),
  ]
}

const names = (
  deletion: { readonly kind: string; readonly name: string },
  child: KubernetesObject,
): boolean => deletion.kind === child.kind && deletion.name === child.metadata.name

/** A custom resource keeps empty values, and drops null: only the latter differs from what was written. */
function statusViolations(status: unknown): readonly string[] {
  if (!isRecord(status)) return ['status is not an object: the recorded one would be wiped']
  return leftovers({ status }, undefined, { emptyIsFine: true })
}
