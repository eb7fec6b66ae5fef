// What a sync saw and recorded, in one line of a story.
import type { Verdict } from '../../hooks/rediscluster/decide.ts'

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
