// Keeps a claim that is being deleted while a Pod uses it, and a volume while it is bound.
import { kinds, objectsOf, type Cluster } from '../cluster.ts'
import { protection, volumeProtection } from '../kinds/volume.ts'
import { hasFinalizer, listOf, textOf, valueAt, type ApiObject } from '../object.ts'
import { storeKey } from '../resource.ts'
import type { Change } from '../store.ts'
import { dropFinalizer } from './garbage.ts'

export function releaseClaims(cluster: Cluster, { key, last }: Change): void {
  if (key !== storeKey(kinds.claim) && key !== storeKey(kinds.pod)) return
  const { namespace = '' } = last.metadata
  const ending = objectsOf(cluster, kinds.claim, namespace).filter(
    (claim) => claim.metadata.deletionTimestamp !== undefined && hasFinalizer(claim, protection),
  )
  for (const claim of ending) {
    const isUsed = objectsOf(cluster, kinds.pod, namespace).some((pod) => uses(pod, claim))
    if (!isUsed) dropFinalizer(cluster, { resource: kinds.claim, object: claim }, protection)
  }
}

export function releaseVolumes(cluster: Cluster, { key, last }: Change): void {
  if (key !== storeKey(kinds.volume) || last.metadata.deletionTimestamp === undefined) return
  if (textOf(last.status?.['phase']) !== 'Bound')
    dropFinalizer(cluster, { resource: kinds.volume, object: last }, volumeProtection)
}

/** One that waits for a node does not: kubelet would not start it on a claim that is being deleted. */
function uses(pod: ApiObject, { metadata }: ApiObject): boolean {
  const isPlaced = textOf(pod.spec?.['nodeName']) !== ''
  const isOver = ['Succeeded', 'Failed'].includes(textOf(pod.status?.['phase']))
  const isMounted = listOf(pod.spec?.['volumes']).some(
    (volume) => valueAt(volume, ['persistentVolumeClaim', 'claimName']) === metadata.name,
  )
  return isPlaced && isMounted && !isOver
}
