// Who wants the primary to move while all is well: a person by annotation, or the primary itself because its Pod is leaving.
import { candidates, unfitness } from './copies.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { annotations } from './names.ts'

export type Wish =
  | { readonly kind: 'None' }
  | {
      readonly kind: 'Move'
      readonly to: Instance
      readonly reason: 'Leaving' | 'Switchover'
      /** As a sentence. */
      readonly why: string
    }
  /** It is wished, and cannot be done now. */
  | { readonly kind: 'Waiting'; readonly reason: string }

/** Leaving comes first: the other may have to wait for a primary that stays. */
export function wishFor(facts: Facts, primary: Instance): Wish {
  const isLeaving = primary.terminating || statusOf(primary)?.terminating === true
  return isLeaving ? leaving(facts, primary) : switchover(facts, primary)
}

function leaving(facts: Facts, primary: Instance): Wish {
  const copy = candidates(facts).find(
    ({ instance, status }) => instance !== primary && follows(status, primary),
  )
  return copy === undefined
    ? { kind: 'Waiting', reason: `${primary.name} is leaving, and no replica is in sync with it` }
    : { kind: 'Move', to: copy.instance, reason: 'Leaving', why: whyLeaving(primary) }
}

/** A request is carried out once: a failover later on must not be undone by it. */
function switchover(facts: Facts, primary: Instance): Wish {
  const { recorded } = facts
  const name = facts.orders.switchoverTo
  if (name === undefined || name === primary.name || recorded.switchover === name) return { kind: 'None' }
  const to = facts.instances.find((instance) => instance.name === name)
  const status = statusOf(to)
  if (to === undefined) return waiting(name, 'there is no such Pod in this cluster')
  if (status === undefined) return waiting(name, 'it does not answer')
  const unfit = unfitness({ instance: to, status })
  if (unfit !== undefined) return waiting(name, unfit)
  if (!follows(status, primary)) return waiting(name, `it is not in sync with ${primary.name}`)
  return { kind: 'Move', to, reason: 'Switchover', why: `${annotations.switchover} asks for ${name}` }
}

const whyLeaving = ({ terminating }: Instance): string =>
  terminating ? 'its Pod is being deleted' : 'its instance was told to stop (SIGTERM)'

const waiting = (name: string, why: string): Wish => ({
  kind: 'Waiting',
  reason: `the switchover to ${name} waits: ${why}`,
})

const follows = (
  { follows: upstream, masterLinkStatus, restarted }: NonNullable<ReturnType<typeof statusOf>>,
  primary: Instance,
): boolean => upstream?.host === primary.ip && masterLinkStatus === 'up' && !restarted
