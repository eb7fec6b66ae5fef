// Every child of a RedisCluster: what must exist, what is kept as observed, and what is left out on purpose.
import type { KubernetesObject, Pod } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import {
  configMapName,
  controlSecretName,
  disruptionBudgetName,
  ordinalOf,
  podName,
  volumeName,
  type Role,
} from '../names.ts'
import { allOf, find, isTerminating, kinds, ownedPods, type Kind } from '../observed.ts'
import type { Deletion } from '../plan.ts'
import { wantedNames } from '../hibernation.ts'
import { isInMaintenance } from '../maintenance.ts'
import { mustSleep } from '../sleep.ts'
import { desiredRole, desiredRoleBinding, desiredServiceAccount, isIdentityReady } from './access.ts'
import { desiredConfigMap } from './config.ts'
import { connectionDeletions, connectionSecrets } from './connection.ts'
import { desiredDisruptionBudget } from './disruption.ts'
import { desiredPod, pinnedPod } from './pod.ts'
import { authSecretOf, desiredSecrets } from './secrets.ts'
import { desiredServices } from './services.ts'
import { desiredVolume } from './volume.ts'
import { claimsOf, isDoomed } from '../volumes.ts'

export interface DesiredChildren {
  readonly children: readonly KubernetesObject[]
  readonly deletions: readonly Deletion[]
  /** Desired but not observed, Pods excepted: still being created, or in the way of a name that is taken. */
  readonly unobserved: readonly KubernetesObject[]
}

/**
 * Metacontroller deletes what is left out, volumes included. So everything observed is returned, unless a Deletion with
 * a reason says otherwise. `replaced` are Pods that are due for it. `mayCreate` false (an invalid spec): nothing new is made, and nothing else is removed.
 */
export function desiredChildren(
  blueprint: Blueprint,
  roleOf: (pod: Pod) => Role,
  mayCreate: boolean,
  replaced: readonly Deletion[] = [],
): DesiredChildren {
  const deletions = mayCreate ? deletionsOf(blueprint, replaced) : replaced
  const wanted = mayCreate ? [...foundations(blueprint), ...volumes(blueprint)] : []
  const pods = desiredPods(blueprint, roleOf, mayCreate)
  const desired = [...wanted, ...pods].filter((child) => !isDeleted(child, deletions))
  const kept = observedChildren(blueprint)
    .filter((child) => !desired.some((other) => isSame(child, other)) && !isDeleted(child, deletions))
    .map(asObserved)
  const unobserved = wanted.filter(
    (child) => !observedChildren(blueprint).some((other) => isSame(child, other)),
  )
  return { children: [...desired, ...kept], deletions, unobserved }
}

export const ordinals = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, ordinal) => ordinal)

function foundations(blueprint: Blueprint): readonly KubernetesObject[] {
  const budget = whyNoBudget(blueprint) === undefined ? [desiredDisruptionBudget(blueprint)] : []
  return [
    desiredServiceAccount(blueprint),
    desiredRole(blueprint, knownPodNames(blueprint)),
    desiredRoleBinding(blueprint),
    desiredConfigMap(blueprint),
    ...desiredSecrets(blueprint),
    ...connectionSecrets(blueprint),
    ...desiredServices(blueprint),
    ...budget,
  ]
}

/** An emptyDir comes with its Pod. */
const volumes = (blueprint: Blueprint): readonly KubernetesObject[] =>
  blueprint.spec.storage.type === 'pvc'
    ? ordinals(blueprint.spec.instances).map((ordinal) => desiredVolume(blueprint, ordinal))
    : []

function knownPodNames({ name, spec, request }: Blueprint): readonly string[] {
  const observed = ownedPods(request).map((pod) => pod.metadata.name)
  const wanted = wantedNames({ clusterName: name, spec, recorded: request.parent.status ?? {} })
  const all = [...new Set([...wanted, ...observed])]
  return all.sort((a, b) => (ordinalOf(name, a) ?? 0) - (ordinalOf(name, b) ?? 0))
}

function desiredPods(blueprint: Blueprint, roleOf: (pod: Pod) => Role, mayCreate: boolean): readonly Pod[] {
  const observed = ownedPods(blueprint.request)
  const created = mayCreate ? ordinalsToRun(blueprint).filter((ordinal) => canStart(blueprint, ordinal)) : []
  const fresh = created
    .filter((ordinal) => !observed.some((pod) => pod.metadata.name === podName(blueprint.name, ordinal)))
    .map((ordinal) => desiredPod(blueprint, ordinal))
  return [...observed.map((pod) => pinnedPod(blueprint, pod, roleOf(pod))), ...fresh]
}

/** None while they hibernate; and all that ran before, until a primary serves again. */
function ordinalsToRun({ name, spec, request }: Blueprint): readonly number[] {
  const { status: recorded = {} } = request.parent
  if (mustSleep(request)) return []
  return wantedNames({ clusterName: name, spec, recorded }).flatMap((pod) => ordinalOf(name, pod) ?? [])
}

/**
 * Metacontroller creates Pods before Secrets and ServiceAccounts, so a Pod waits until what it needs is really there.
 * Its volume must be observed as ours: a claim of an earlier cluster holds other data. It need not be Bound.
 */
function canStart(blueprint: Blueprint, ordinal: number): boolean {
  const { name, spec, request } = blueprint
  const exists = (kind: Kind, child: string): boolean => {
    const object = find(request.children, kind, child)
    return object !== undefined && !isTerminating(object)
  }
  const secrets = desiredSecretNames({ name, spec })
  return (
    exists(kinds.serviceAccount, name) &&
    isIdentityReady(blueprint) &&
    exists(kinds.role, name) &&
    exists(kinds.roleBinding, name) &&
    exists(kinds.configMap, configMapName(name)) &&
    secrets.every(
      (secret) => exists(kinds.secret, secret) || find(request.related, kinds.secret, secret) !== undefined,
    ) &&
    (spec.storage.type === 'emptyDir' || hasVolume(request, volumeName(name, ordinal)))
  )
}

/** One that is lost is on its way out, and a new one comes. */
function hasVolume(request: Blueprint['request'], name: string): boolean {
  const claim = claimsOf(request).find(({ metadata }) => metadata.name === name)
  return claim !== undefined && !isDoomed(claim)
}

const desiredSecretNames = ({ name, spec }: Pick<Blueprint, 'name' | 'spec'>): readonly string[] => [
  authSecretOf({ name, spec }),
  controlSecretName(name),
  ...(spec.aclConfigSecret === undefined ? [] : [spec.aclConfigSecret.name]),
]

function whyNoBudget({ spec }: Blueprint): string | undefined {
  if (!spec.enablePodDisruptionBudget) return 'enablePodDisruptionBudget is false'
  return isInMaintenance(spec) ? 'nodeMaintenanceWindow.inProgress is true' : undefined
}

/** A Pod that failed for good (evicted, say) never runs again under its name; one Pod at a time, and the budget goes when refused. */
function deletionsOf(blueprint: Blueprint, replaced: readonly Deletion[]): readonly Deletion[] {
  const { name, request } = blueprint
  const [failed] = ownedPods(request).filter(
    (pod) => !isTerminating(pod) && (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'),
  )
  const budget = disruptionBudgetName(name)
  const existing = find(request.children, kinds.disruptionBudget, budget)
  const unwanted = whyNoBudget(blueprint)
  const stands = existing !== undefined && !isTerminating(existing)
  return [
    ...(failed === undefined
      ? replaced
      : [{ kind: 'Pod', name: failed.metadata.name, reason: `its phase is ${failed.status?.phase ?? ''}` }]),
    ...(unwanted !== undefined && stands
      ? [{ kind: 'PodDisruptionBudget', name: budget, reason: unwanted }]
      : []),
    ...connectionDeletions(blueprint),
  ]
}

function observedChildren({ request }: Blueprint): readonly KubernetesObject[] {
  const ours = [
    kinds.serviceAccount,
    kinds.role,
    kinds.roleBinding,
    kinds.configMap,
    kinds.secret,
    kinds.disruptionBudget,
    kinds.service,
    kinds.volume,
    kinds.pod,
  ]
  return ours.flatMap((kind) => allOf(request.children, kind))
}

const isSame = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a.kind === b.kind && a.metadata.name === b.metadata.name

const isDeleted = (child: KubernetesObject, deletions: readonly Deletion[]): boolean =>
  deletions.some(({ kind, name }) => kind === child.kind && name === child.metadata.name)

const lastApplied = 'metacontroller.k8s.io/last-applied-configuration'

/**
 * Returned as it is, owners included (a volume's second owner keeps it alive). System fields are Metacontroller's
 * business, and its own annotation must not nest in itself.
 */
function asObserved(child: KubernetesObject): KubernetesObject {
  const { metadata, ...body } = child
  const rest = Object.fromEntries(Object.entries(body).filter(([field]) => field !== 'status'))
  const { name, namespace, labels, ownerReferences, annotations: all = {} } = metadata
  const annotations = Object.fromEntries(Object.entries(all).filter(([key]) => key !== lastApplied))
  return {
    ...rest,
    apiVersion: child.apiVersion,
    kind: child.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
  }
}
