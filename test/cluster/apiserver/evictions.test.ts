// Evictions, which ask the PodDisruptionBudget of a Pod before they delete it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { core, makeReady, openBench, pod } from '../../support/api-server.ts'
import { eventually } from '../../e2e/eventually.ts'

const pods = `${core}/pods`

describe('evictions', () => {
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
  const evict = (name: string): readonly ['POST', string, object] => [
    'POST',
    `${pods}/${name}/eviction`,
    { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } },
  ]

  it('respect the budget of the healthy Pods', async (t) => {
    const bench = await openBench(t)
    const selector = { matchLabels: { app: 'x' } }
    await bench.create(budgets, { metadata: { name: 'b' }, spec: { minAvailable: 1, selector } })
    for (const name of ['one', 'two']) {
      await bench.create(pods, pod(name, { labels: { app: 'x' } }))
      await makeReady(bench, name)
    }
    await eventually('one disruption is allowed', async () => {
      const { status } = (await bench.get(`${budgets}/b`)) as unknown as { status?: Record<string, number> }
      return status?.['disruptionsAllowed'] === 1 && status['currentHealthy'] === 2 ? true : undefined
    })
    await bench.client.request(...evict('one'))
    await bench.gone(`${pods}/one`)
    const { status, reason, message } = await bench.refusal(...evict('two'))
    assert.deepEqual([status, reason], [429, 'TooManyRequests'])
    assert.equal(message, "Cannot evict pod as it would violate the pod's disruption budget.")
  })

  it('of a Pod that is not ready wait for the others, unless the budget always allows them', async (t) => {
    const bench = await openBench(t)
    const selector = { matchLabels: { app: 'x' } }
    await bench.create(budgets, { metadata: { name: 'b' }, spec: { minAvailable: 2, selector } })
    for (const name of ['well', 'ill']) await bench.create(pods, pod(name, { labels: { app: 'x' } }))
    await makeReady(bench, 'well')
    await bench.merge(`${pods}/ill/status`, { status: { phase: 'Running' } })
    assert.equal((await bench.refusal(...evict('ill'))).status, 429)
    await bench.merge(`${budgets}/b`, { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } })
    assert.equal((await bench.refusal(...evict('well'))).status, 429)
    await bench.client.request(...evict('ill'))
    await bench.gone(`${pods}/ill`)
  })

  it('delete Pods without a budget', async (t) => {
    const bench = await openBench(t)
    await bench.create(pods, pod('p'))
    await bench.client.request(...evict('p'))
    await bench.gone(`${pods}/p`)
  })
})
