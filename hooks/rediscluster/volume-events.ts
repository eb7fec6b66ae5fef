// The Events of volumes that grow, or were to.
import type { PersistentVolumeClaim } from '../kubernetes.ts'
import type { Blueprint } from './blueprint.ts'
import { growthRefusal } from './children/volume.ts'
import { normal, warning, type PlannedEvent } from './event.ts'
import { isInMaintenance } from './maintenance.ts'
import type { SyncPlan } from './plan.ts'
import { quantityValue } from './quantity.ts'
import { claimsOf } from './volumes.ts'

/** Each is known by the volume and the size that is asked for. */
export function volumeEvents(
  blueprint: Blueprint,
  { status, children, deletions }: Pick<SyncPlan, 'status' | 'children' | 'deletions'>,
): readonly PlannedEvent[] {
  const recorded = blueprint.request.parent.status ?? {}
  return claimsOf(blueprint.request).flatMap((claim) => {
    const { name } = claim.metadata
    const desired = children.find((child) => child.kind === claim.kind && child.metadata.name === name)
    const grown =
      recorded.resizingPVC?.includes(name) === true &&
      [...(status.healthyPVC ?? []), ...(status.danglingPVC ?? [])].includes(name)
    return [
      ...started(claim, desired),
      ...recycled(blueprint, claim, deletions),
      ...(grown ? completed(claim) : []),
      ...(recorded.observedGeneration === status.observedGeneration ? [] : refused(blueprint, claim)),
    ]
  })
}

const requestOf = (claim: PersistentVolumeClaim | undefined): string =>
  claim?.spec?.resources?.requests?.storage ?? '0'

function started(
  claim: PersistentVolumeClaim,
  desired: PersistentVolumeClaim | undefined,
): readonly PlannedEvent[] {
  const [from, to] = [requestOf(claim), requestOf(desired)]
  if (quantityValue(to) <= quantityValue(from)) return []
  return [
    normal('PVCResizeStarted', onceOf(claim, to), `${claim.metadata.name} is to grow from ${from} to ${to}`),
  ]
}

function recycled(
  { spec }: Blueprint,
  { metadata, status }: PersistentVolumeClaim,
  deletions: SyncPlan['deletions'],
): readonly PlannedEvent[] {
  const given = deletions.find(({ kind, name }) => kind === 'PersistentVolumeClaim' && name === metadata.name)
  if (given === undefined || !isInMaintenance(spec) || status?.phase === 'Lost') return []
  const message = `${metadata.name} is deleted, for a new volume: ${given.reason}`
  return [normal('MaintenancePVCRecycled', metadata.uid ?? metadata.name, message)]
}

function completed(claim: PersistentVolumeClaim): readonly PlannedEvent[] {
  const size = requestOf(claim)
  return [normal('PVCResizeCompleted', onceOf(claim, size), `${claim.metadata.name} has grown to ${size}`)]
}

function refused(blueprint: Blueprint, claim: PersistentVolumeClaim): readonly PlannedEvent[] {
  const why = growthRefusal(blueprint, claim)
  return why === undefined
    ? []
    : [warning('PVCResizeFailed', onceOf(claim, blueprint.spec.storage.size), why)]
}

const onceOf = ({ metadata }: PersistentVolumeClaim, size: string): string =>
  `${metadata.uid ?? metadata.name} ${size}`
