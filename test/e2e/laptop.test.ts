// The first promise on the stand-ins; npm run e2e plays all scenarios, also on the real parts.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skip } from '../support/kubectl.ts'
import { clusterView } from './cluster-view.ts'
import { play } from './play.ts'
import { changes, places, scenarios } from './scenarios.ts'

/** Some times of what they take together on a slow machine. */
const timeout = 400_000

const others = new Set([...changes, ...places])

describe('on the laptop cluster', { timeout }, () => {
  const stage = play(
    scenarios.filter((scenario) => !others.has(scenario) && !scenario.name.startsWith('backup')),
    70,
  )

  it('kubectl logs shows what an instance tells', { skip }, async () => {
    const cluster = clusterView(stage(), 'logs')
    await cluster.apply(1)
    await cluster.ready(1)
    assert.match((await stage().kubectl?.('logs logs-0')) ?? '', /"opened epoch 1"/)
    await cluster.remove()
  })
})
