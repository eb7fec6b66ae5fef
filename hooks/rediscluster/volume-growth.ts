// Says which volumes are still growing, and what waits for them.
import type { Claim } from './conditions.ts'
import type { Facts, Instance } from './facts.ts'
import { whyOutdated } from './outdated.ts'
import { isGrowing, needsUnmount, unmountFirst } from './volumes.ts'

/** Only of a cluster whose volumes have grown, or do; a growth that is refused is told by SpecApplied. */
export function growthConditions({ instances, recorded, now }: Facts): readonly Claim[] {
  const type = 'PVCResizeInProgress'
  const growing = instances.flatMap((instance) => steps(instance, now))
  if (growing.length > 0)
    return [{ type, status: 'True', reason: 'PVCResizePending', message: growing.join('; ').slice(0, 4096) }]
  const before = recorded.conditions?.some((condition) => condition.type === type)
  const message = 'every volume has the size that was asked for'
  return before === true ? [{ type, status: 'False', reason: 'PVCResizeComplete', message }] : []
}

/** Drivers are done with each at another time: a replica that takes over too early might have to hand over again for its own. */
export function whyOthersGrow(facts: Facts, primary: Instance): string | undefined {
  if (whyOutdated(primary, facts) !== unmountFirst) return undefined
  const other = facts.instances.find(({ uid, claim }) => uid !== primary.uid && claim && isGrowing(claim))
  return (
    other?.claim && `${other.claim.metadata.name} still grows, and ${other.name} may have to restart for it`
  )
}

function steps(instance: Instance, now: Date): readonly string[] {
  const { name, claim } = instance
  if (claim === undefined || !isGrowing(claim)) return []
  const [from, to] = [claim.status?.capacity?.storage, claim.spec?.resources?.requests?.storage]
  const step = `${claim.metadata.name} grows from ${from ?? '?'} to ${to ?? '?'}`
  return [needsUnmount(instance, now) ? `${step} when ${name} has restarted` : step]
}
