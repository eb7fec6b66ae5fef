// Plays scenarios as tests, but for slow ones, one after the other, on a cluster of stand-ins of their own.
import { after, before, it } from 'node:test'
import type { Scenario } from './scenarios.ts'
import { openStage, type Stage } from './stage.ts'

/** To be called in a suite. `firstByte` keeps its addresses apart from those of suites that run at the same time. */
export function play(scenarios: readonly Scenario[], firstByte: number): () => Stage {
  let opened: Stage | undefined
  before(async () => {
    opened = await openStage({}, `127.${firstByte + (process.pid % 40)}`)
  })
  after(() => opened?.close())
  const stage = (): Stage => {
    if (opened === undefined) throw new Error('the cluster did not start')
    return opened
  }
  for (const { name, run } of scenarios.filter(({ slow }) => slow !== true))
    it(name, async (t) => t.diagnostic(await run(stage())))
  return stage
}
