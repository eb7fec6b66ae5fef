// Says which volumes are still growing, and what each waits for.
import type { Claim } from './conditions.ts'
import type { Facts, Instance } from './facts.ts'
import { isGrowing, needsUnmount } from './volumes.ts'

/** Only of a cluster whose volumes have grown, or do; a growth that is refused is told by SpecApplied. */
export function growthConditions({ instances, recorded }: Facts): readonly Claim[] {
  const type = 'PVCResizeInProgress'
  const growing = instances.flatMap(steps)
  if (growing.length > 0)
    return [{ type, status: 'True', reason: 'PVCResizePending', message: growing.join('; ').slice(0, 4096) }]
  const before = recorded.conditions?.some((condition) => condition.type === type)
  const message = 'every volume has the size that was asked for'
  return before === true ? [{ type, status: 'False', reason: 'PVCResizeComplete', message }] : []
}

function steps({ name, claim }: Instance): readonly string[] {
  if (claim === undefined || !isGrowing(claim)) return []
  const [from, to] = [claim.status?.capacity?.storage, claim.spec?.resources?.requests?.storage]
  const step = `${claim.metadata.name} grows from ${from ?? '?'} to ${to ?? '?'}`
  return [needsUnmount(claim) ? `${step} when ${name} has restarted` : step]
}
