// The kubelet makes Services real: an address of each, that leads to the ready Pods its selector matches.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../e2e/eventually.ts'
import { core } from '../../support/api-server.ts'
import { askAt, openKubelet, type KubeletBench, type Program } from '../../support/kubelet-bench.ts'

const probe = { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1, failureThreshold: 1 }
const service = (selector: object): object => ({
  metadata: { name: 's' },
  spec: { selector, ports: [{ name: 'http', port: 8080, targetPort: 'http' }] },
})

/** Whom a client of the Service reaches: the program's process, or nobody. */
async function reached({ kubelet }: KubeletBench): Promise<string> {
  const host = await eventually('the Service has an address', () => kubelet.serviceAddress('default', 's'))
  return (await askAt(host)('/pid').catch(() => undefined)) ?? 'nobody'
}

const leadsTo = (bench: KubeletBench, wanted: string | undefined): Promise<true> =>
  eventually(`the Service leads to ${wanted ?? ''}`, async () => {
    assert.equal(await reached(bench), wanted)
    return true as const
  })

const pidOf = ({ ask }: Program): Promise<string | undefined> => ask('/pid')

describe('a Service', () => {
  it('has the address that its object tells', async (t) => {
    const { create, kubelet } = await openKubelet(t)
    const { spec } = (await create(`${core}/services`, service({ app: 'a' }))) as unknown as {
      spec: { clusterIP: string }
    }
    const address = await eventually('it has an address', () => kubelet.serviceAddress('default', 's'))
    assert.equal(address, spec.clusterIP)
  })

  it('leads to the Pods that its selector matches, and follows when either changes', async (t) => {
    const bench = await openKubelet(t)
    const { create, run, merge } = bench
    const a = await run('a', { labels: { app: 'a' } })
    const b = await run('b', { labels: { app: 'b' } })
    await create(`${core}/services`, service({ app: 'a' }))
    await leadsTo(bench, await pidOf(a))
    await merge(`${core}/services/s`, { spec: { selector: { app: 'b' } } })
    await leadsTo(bench, await pidOf(b))
    await merge(`${core}/pods/b`, { metadata: { labels: { app: 'c' } } })
    await leadsTo(bench, 'nobody')
    await merge(`${core}/pods/a`, { metadata: { labels: { app: 'b' } } })
    await leadsTo(bench, await pidOf(a))
  })

  it('leads to ready Pods only, and to none that is being deleted', async (t) => {
    const bench = await openKubelet(t)
    const { create, run, remove } = bench
    const container = { readinessProbe: probe }
    const labels = { app: 'a' }
    await create(`${core}/services`, service(labels))
    const pod = await run('p', { labels, container, args: ['--unready', '--stubborn'] })
    assert.equal(await reached(bench), 'nobody')
    await pod.ask('/set-ready', 'true')
    await leadsTo(bench, await pidOf(pod))
    await pod.ask('/set-ready', 'false')
    await leadsTo(bench, 'nobody')
    await pod.ask('/set-ready', 'true')
    await leadsTo(bench, await pidOf(pod))
    await remove(`${core}/pods/p`)
    await leadsTo(bench, 'nobody')
    assert.notEqual(await pidOf(pod), undefined)
    await pod.ask('/exit', '0')
  })

  it('that is deleted has no address any more', async (t) => {
    const { create, remove, kubelet } = await openKubelet(t)
    await create(`${core}/services`, service({ app: 'a' }))
    await eventually('it has an address', () => kubelet.serviceAddress('default', 's'))
    await remove(`${core}/services/s`)
    await eventually('it has none', () =>
      kubelet.serviceAddress('default', 's') === undefined ? true : undefined,
    )
  })
})
