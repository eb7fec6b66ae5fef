// Volumes that belong to a node: which claims ask for one, and where each can be used.
import type { KubernetesObject } from '../client.ts'
import { hostnameLabel } from './nodes.ts'

/** Of the classes whose volumes are disks of a node. */
const localProvisioner = 'kubernetes.io/no-provisioner'
/** Set by the scheduler once the claim has its first consumer, as for every class that waits for one. */
export const selectedNode = 'volume.kubernetes.io/selected-node'

/** Its volume cannot be made before somebody chose a node for its first Pod. */
export function waitsForConsumer(
  claim: KubernetesObject,
  classes: ReadonlyMap<string, KubernetesObject>,
): boolean {
  const { storageClassName = '' } = (claim['spec'] ?? {}) as { storageClassName?: string }
  const isLocal = [...classes.values()].some(
    ({ metadata, provisioner }) => metadata.name === storageClassName && provisioner === localProvisioner,
  )
  return isLocal && volumeNameOf(claim) === undefined && selectedNodeOf(claim) === undefined
}

export const volumeNameOf = ({ spec }: KubernetesObject): string | undefined =>
  (spec as { volumeName?: string } | undefined)?.volumeName

const selectedNodeOf = ({ metadata }: KubernetesObject): string | undefined =>
  metadata.annotations?.[selectedNode]

/** The part of its PersistentVolume's spec that says where it is; a network volume, which moves freely, has none. */
export function affinityOf(claim: KubernetesObject): object {
  const node = selectedNodeOf(claim)
  if (node === undefined) return {}
  const here = { key: hostnameLabel, operator: 'In', values: [node] }
  return { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } } }
}

/** Before it has its volume, a claim is where that will be made. */
export function canBeUsedOn(
  node: string,
  claim: KubernetesObject,
  volume: KubernetesObject | undefined,
): boolean {
  const names = namesIn(volume) ?? (volume === undefined ? selectedNodeOf(claim) : undefined)
  return names === undefined || names.includes(node)
}

interface VolumeSpec {
  readonly nodeAffinity?: {
    readonly required?: {
      readonly nodeSelectorTerms?: readonly {
        readonly matchExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[]
      }[]
    }
  }
}

/** Undefined where any node will do. */
function namesIn(volume: KubernetesObject | undefined): readonly string[] | undefined {
  const { nodeAffinity } = (volume?.['spec'] ?? {}) as VolumeSpec
  return nodeAffinity?.required?.nodeSelectorTerms?.flatMap(({ matchExpressions = [] }) =>
    matchExpressions.flatMap(({ key, values = [] }) => (key === hostnameLabel ? values : [])),
  )
}
