// When a restore that failed is tried again: soon what passes by itself, later what a person can mend, rarely what stays as it is.
import { StoreError } from '../backup/store.ts'
import { RestoreFailure } from './failure.ts'

/** Passing: it may succeed without anybody's help. Standing: somebody must act. Final: only another artifact would do. */
export type FailureKind = 'Passing' | 'Standing' | 'Final'

export function kindOf(error: unknown): FailureKind {
  if (error instanceof StoreError) return error.retriable ? 'Passing' : 'Standing'
  if (!(error instanceof RestoreFailure)) return 'Passing'
  switch (error.reason) {
    case 'Aborted':
    case 'Ended':
      return 'Passing'
    case 'NoRoom':
    case 'NoMemory':
      return 'Standing'
    case 'TooNew':
    case 'Mismatch':
    case 'Damaged':
      return 'Final'
  }
}

const standingSeconds = 60
const mostFinalSeconds = 3600

/** `failures` of this kind in a row, this one included. What is final costs a whole download at each try. */
export function pauseSeconds(kind: FailureKind, failures: number): number {
  const doubled = 2 ** Math.min(failures - 1, 16)
  if (kind === 'Passing') return Math.min(standingSeconds, doubled)
  return kind === 'Standing' ? standingSeconds : Math.min(mostFinalSeconds, standingSeconds * doubled)
}
