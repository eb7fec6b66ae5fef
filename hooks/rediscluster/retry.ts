// How long a planned move that came to nothing is not tried again: each time longer, for every try interrupts writes.
import { secondsSince, type Facts } from './facts.ts'
import { moveKind } from './failover-record.ts'

const shortestSeconds = 30
const longestSeconds = 600

/** As a sentence; undefined when it may be tried. A person's own request is not held back. */
export function whyNotAgain({ recorded, now }: Facts): string | undefined {
  const moves = recorded.failovers ?? []
  const other = moves.findIndex(({ from, to, reason }) => from !== to || moveKind(reason) !== 'GivenUp')
  const givenUp = other === -1 ? moves.length : other
  const [last] = moves
  if (last === undefined || givenUp === 0) return undefined
  const pauseSeconds = Math.min(longestSeconds, shortestSeconds * 2 ** (givenUp - 1))
  if (secondsSince(last.installedAt, now) >= pauseSeconds) return undefined
  return `the primary could not be moved (${last.reason}); it is tried again ${pauseSeconds} s after that`
}
