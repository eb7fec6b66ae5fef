// Random schedules on several threads: what comes out is the same for any number of them.
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { total, type Range, type Tally } from './tally.ts'
import type { Job } from './worker.ts'

export interface Campaign extends Range {
  readonly workers?: number
  /** Nothing is counted beyond the first seed that failed. */
  readonly stopAtFirst?: boolean
}

/** Between two jobs a thread is idle, and V8 tidies up at length: few large ones are much faster than many small ones. */
const jobsPerThread = 2
const mostSeedsPerJob = 500

export async function campaign({ first, count, workers, stopAtFirst = false }: Campaign): Promise<Tally> {
  const wanted = workers ?? availableParallelism()
  const seedsPerJob = Math.min(mostSeedsPerJob, Math.ceil(count / (wanted * jobsPerThread)))
  const jobs = jobsFor({ first, count, stopAtFirst }, seedsPerJob)
  const threads = Math.min(wanted, jobs.length)
  const hands = Array.from({ length: threads }, () => new Worker(new URL('worker.ts', import.meta.url)))
  try {
    return total(await workOff(jobs, hands, stopAtFirst))
  } finally {
    await Promise.all(hands.map((hand) => hand.terminate()))
  }
}

function jobsFor({ first, count, stopAtFirst }: Job, seedsPerJob: number): readonly Job[] {
  return Array.from({ length: Math.ceil(count / seedsPerJob) }, (_, index) => ({
    first: first + index * seedsPerJob,
    count: Math.min(seedsPerJob, count - index * seedsPerJob),
    stopAtFirst,
  }))
}

/** Jobs are taken in order: when one fails, those before it are done or being done. */
async function workOff(
  jobs: readonly Job[],
  hands: readonly Worker[],
  stopAtFirst: boolean,
): Promise<readonly Tally[]> {
  const tallies: Tally[] = []
  const waiting = [...jobs.entries()]
  const hasFailed = ({ failed }: Tally): boolean => failed.length > 0
  const workFor = async (hand: Worker): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, job] = next
      const tally = await carriedOut(hand, job)
      tallies[index] = tally
      if (stopAtFirst && hasFailed(tally)) waiting.length = 0
    }
  }
  await Promise.all(hands.map(workFor))
  return stopAtFirst && tallies.some(hasFailed) ? tallies.slice(0, tallies.findIndex(hasFailed) + 1) : tallies
}

/** Rejects with what the worker threw. */
async function carriedOut(hand: Worker, job: Job): Promise<Tally> {
  hand.postMessage(job)
  const [tally] = (await once(hand, 'message')) as [Tally]
  return tally
}
