// A thread that runs random schedules. Apart from node:test, whose hooks make every promise cost twice.
import { parentPort } from 'node:worker_threads'
import { tallyOf, type Range } from './tally.ts'

export interface Job extends Range {
  readonly stopAtFirst: boolean
}

parentPort?.on('message', (job: Job) => {
  void tallyOf(job, job.stopAtFirst).then((tally) => parentPort?.postMessage(tally))
})
