// What a sync saw and recorded, in one line of a story.
import type { Verdict } from '../../hooks/rediscluster/decide.ts'
import type { Command } from '../../hooks/rediscluster/plan.ts'

/** What each copy said of itself: epoch, offset, and ~ for one that restarted. */
export function copies({ facts }: Verdict): string {
  return facts.instances
    .map(({ name, report }) => {
      if (report.kind === 'Silent') return `${name} silent`
      const { dataEpoch, position, restarted, seen, grant, shownPromises } = report.status
      const shown = shownPromises
        .map(({ epoch, target, seconds }) => `${epoch}/${target} ${seconds.toFixed(1)} s`)
        .join(', ')
      return `${name} ${dataEpoch}@${position.offsetBytes}${restarted ? '~' : ''} seen ${seen} grant ${grant.seconds.toFixed(1)} s shown ${shown}`
    })
    .join(' | ')
}

/** What it recorded of who is primary, and over whom counts are made. */
export function briefly({ status }: Verdict): string {
  const { currentPrimary = '-', currentEpoch = 0, targetPrimary = '-', primaryEpoch = 0 } = status
  const terms = (status.terms ?? []).map(
    ({ members, minSyncReplicas }) => `${members.join('+')}:${minSyncReplicas}`,
  )
  return `${currentPrimary}/${currentEpoch} target ${targetPrimary}/${primaryEpoch} terms ${terms.join(' | ')}`
}

/** The situation, why, and what is decided. */
export function lineOf({ situation, decision }: Verdict): string {
  const missing = 'missing' in situation ? situation.missing.join(', ') : undefined
  const detail = missing ?? ('reason' in situation ? situation.reason : '')
  const successor = decision.kind === 'Name' ? ` ${decision.successor.name} for ${decision.epoch}` : ''
  return `${situation.kind} ${detail} → ${decision.kind}${successor}`
}

/** The proofs that a promotion carries. */
export function proofsOf(command: Command): string {
  if (command.kind !== 'Promote') return ''
  return command.proofs.map(({ uid, kind, terms = [] }) => ` ${uid} ${kind} ${terms.join(' / ')}`).join(',')
}
