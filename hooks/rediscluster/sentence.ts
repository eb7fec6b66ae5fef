// Says a situation and a decision in plain words: for conditions, the log and the live view.
import type { PrimaryDecision, Situation } from './primary.ts'
import type { Wish } from './wish.ts'

/** What is seen, as a sentence without clocks or counters, so that it changes only when the situation does. */
export function describeSituation(situation: Situation): string {
  switch (situation.kind) {
    case 'Unborn':
      return situation.missing.length > 0
        ? `waiting for ${situation.missing.join(', ')} to start`
        : 'every instance is empty and ready'
    case 'Orphaned':
      return situation.missing.length > 0
        ? `data exist, but the status knows no primary; waiting for ${situation.missing.join(', ')}`
        : 'data exist, but the status knows no primary'
    case 'Hibernating':
      return 'the instances hibernate'
    case 'Serving':
      return [`${situation.primary.name} serves as primary`, ...wished(situation.wish)].join('; ')
    case 'Draining':
      return situation.abort === undefined
        ? `${situation.primary.name} hands over to ${situation.successor.name} (${situation.planned})`
        : `the planned move away from ${situation.primary.name} is given up: ${situation.abort}`
    case 'Unreachable':
      return `the primary does not answer the operator, but ${situation.witnesses.join(', ')} still hears from it; waiting`
    case 'Fencing':
      return `waiting for promises and proofs: ${situation.missing.join('; ')}`
    case 'Choosing':
      return `${situation.better.instance.name} holds more data than the target`
    case 'HandingOver':
      return `every promise and proof is in; promoting ${situation.successor.name}`
    case 'Succeeded':
      return `${situation.successor.name} opened as primary`
    default:
      return situation.reason
  }
}

function wished(wish: Wish): readonly string[] {
  if (wish.kind === 'None') return []
  return [wish.kind === 'Move' ? wish.why : wish.reason]
}

export function describeDecision(decision: PrimaryDecision): string {
  switch (decision.kind) {
    case 'Name':
      return `Name ${decision.successor.name} for epoch ${decision.epoch}`
    case 'Promote':
      return `Promote ${decision.successor.name} for epoch ${decision.epoch}`
    case 'Install':
      return `Install ${decision.primary.name} for epoch ${decision.epoch}`
    default:
      return decision.kind
  }
}
