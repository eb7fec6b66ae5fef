// Which node a Pod goes to, as a pure choice: only where it may run, and there where its cluster has the fewest Pods.
import type { KubernetesObject } from '../client.ts'
import { canBeUsedOn, volumeNameOf } from './local-volumes.ts'
import { isCordoned } from './nodes.ts'
import { claimNamesOf, specOf } from './pod-spec.ts'

export type Placement =
  | { readonly kind: 'Fits'; readonly node: string }
  | { readonly kind: 'Unschedulable'; readonly message: string }

export interface World {
  readonly nodes: readonly KubernetesObject[]
  /** Those that have a node, by now. */
  readonly placed: readonly { readonly pod: KubernetesObject; readonly node: string }[]
  /** In the namespace of the Pod. */
  readonly claim: (name: string) => KubernetesObject | undefined
  readonly volume: (name: string) => KubernetesObject | undefined
}

export function placementOf(pod: KubernetesObject, world: World): Placement {
  const { nodes } = world
  const none = `0/${nodes.length} nodes are available:`
  const unschedulable = (why: string): Placement => ({
    kind: 'Unschedulable',
    message: `${none} ${why}. preemption: ${none} ${nodes.length} Preemption is not helpful for scheduling.`,
  })
  const [obstacle] = claimNamesOf(pod).flatMap((name) => obstacleIn(name, world.claim(name)))
  if (obstacle !== undefined) return unschedulable(obstacle)
  const judged = nodes.map((node) => ({ name: node.metadata.name, why: whyNot(pod, node, world) }))
  const [first] = judged
    .filter(({ why }) => why === undefined)
    .map(({ name }) => ({ name, neighbours: neighboursOn(name, pod, world) }))
    .sort((a, b) => a.neighbours - b.neighbours || (a.name < b.name ? -1 : 1))
  return first === undefined
    ? unschedulable(histogram(judged.flatMap(({ why }) => why ?? [])))
    : { kind: 'Fits', node: first.name }
}

/** What no node can change. */
function obstacleIn(name: string, claim: KubernetesObject | undefined): readonly string[] {
  const what = `persistentvolumeclaim "${name}"`
  if (claim === undefined) return [`${what} not found`]
  if (phaseOf(claim) === 'Lost')
    return [`${what} bound to non-existent persistentvolume "${volumeNameOf(claim) ?? ''}"`]
  return claim.metadata.deletionTimestamp === undefined ? [] : [`${what} is being deleted`]
}

function whyNot(pod: KubernetesObject, node: KubernetesObject, world: World): string | undefined {
  const { name, labels = {} } = node.metadata
  if (isCordoned(node)) return 'node(s) were unschedulable'
  const wanted = Object.entries(specOf(pod).nodeSelector ?? {})
  if (wanted.some(([key, value]) => labels[key] !== value))
    return "node(s) didn't match Pod's node affinity/selector"
  const isReachable = claimNamesOf(pod).every((claimName) => {
    const claim = world.claim(claimName)
    return claim === undefined || canBeUsedOn(name, claim, world.volume(volumeNameOf(claim) ?? ''))
  })
  return isReachable ? undefined : "node(s) didn't match PersistentVolume's node affinity"
}

/** Pods of the same RedisCluster: losing one node is to cost as few of them as can be. */
function neighboursOn(node: string, pod: KubernetesObject, { placed }: World): number {
  const clusterOf = ({ metadata }: KubernetesObject): string =>
    `${metadata.namespace ?? ''}/${metadata.labels?.['redis.io/cluster'] ?? ''}`
  return placed.filter((other) => other.node === node && clusterOf(other.pod) === clusterOf(pod)).length
}

function histogram(reasons: readonly string[]): string {
  const counts = [...new Set(reasons)].map(
    (reason) => `${reasons.filter((each) => each === reason).length} ${reason}`,
  )
  return counts.sort().join(', ')
}

const phaseOf = ({ status }: KubernetesObject): string | undefined =>
  (status as { phase?: string } | undefined)?.phase
