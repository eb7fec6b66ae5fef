// Who wants the primary to move while all is well: the primary because its Pod is leaving, a person by annotation, or a rollout.
import { candidates, isInSync, unfitness } from './copies.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { annotations } from './names.ts'
import { rolloutOf } from './rollout.ts'

export type Wish =
  | { readonly kind: 'None' }
  | {
      readonly kind: 'Move'
      readonly to: Instance
      readonly reason: 'Leaving' | 'Switchover' | 'Rollout' | 'ScaleDown'
      /** As a sentence. */
      readonly why: string
    }
  /** It is wished, and cannot be done now. */
  | { readonly kind: 'Waiting'; readonly reason: string }

/** Leaving comes first: the others may have to wait for a primary that stays. */
export function wishFor(facts: Facts, primary: Instance): Wish {
  const isLeaving = primary.terminating || statusOf(primary)?.terminating === true
  if (isLeaving) return leaving(facts, primary)
  const asked = switchover(facts, primary)
  if (asked.kind === 'Move') return asked
  // A request that cannot be carried out, perhaps never, holds back nothing else.
  const due = update(facts, primary)
  return due.kind === 'Move' ? due : asked
}

/** What a rollout does to the others is no wish: it disturbs no primary. */
function update(facts: Facts, primary: Instance): Wish {
  const rollout = rolloutOf(facts, primary)
  return rollout.kind === 'Move'
    ? { kind: 'Move', to: rollout.to, reason: rollout.reason, why: rollout.why }
    : { kind: 'None' }
}

function leaving(facts: Facts, primary: Instance): Wish {
  const copy = candidates(facts).find(
    ({ instance, status }) => instance !== primary && isInSync(status, primary),
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
  if (!isInSync(status, primary)) return waiting(name, `it is not in sync with ${primary.name}`)
  return { kind: 'Move', to, reason: 'Switchover', why: `${annotations.switchover} asks for ${name}` }
}

const whyLeaving = ({ terminating }: Instance): string =>
  terminating ? 'its Pod is being deleted' : 'its instance was told to stop (SIGTERM)'

const waiting = (name: string, why: string): Wish => ({
  kind: 'Waiting',
  reason: `the switchover to ${name} waits: ${why}`,
})
