// The scenarios that need no minute of their own, on the stand-ins (backups: backups.test.ts); npm run e2e plays all of them, also on the real parts.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skip } from '../support/kubectl.ts'
import { clusterView } from './cluster-view.ts'
import { scenarios } from './scenarios.ts'
import { openStage, type Stage } from './stage.ts'

/** Six times of what the longest takes on a slow machine. */
const timeout = 180_000

describe('on the laptop cluster', { timeout }, () => {
  let stage: Stage | undefined
  before(async () => {
    stage = await openStage({}, `127.${70 + (process.pid % 50)}`)
  })
  after(() => stage?.close())

  for (const { name, run } of scenarios.filter(({ name }) => !/60 s|^backup/.test(name))) {
    it(name, async (t) => {
      if (stage === undefined) throw new Error('the cluster did not start')
      t.diagnostic(await run(stage))
    })
  }

  it('kubectl logs shows what an instance tells', { skip }, async () => {
    if (stage?.kubectl === undefined) throw new Error('the cluster did not start')
    const cluster = clusterView(stage, 'logs')
    await cluster.apply(1)
    await cluster.ready(1)
    assert.match(await stage.kubectl('logs logs-0'), /"opened epoch 1"/)
    await cluster.remove()
  })
})
