// A Pod whose image cannot be pulled never starts, says so as kubelet does, and starts once it names one that can be.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../e2e/eventually.ts'
import { core } from '../../support/api-server.ts'
import { openKubelet, programPod, type KubeletBench } from '../../support/kubelet-bench.ts'

const image = 'example.com/does-not-exist:1'
const broken = programPod('p', { container: { image } })
const failure = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`

const waiting = ({ status }: KubeletBench, reason: string): Promise<string> =>
  eventually(`it waits with ${reason}`, async () => {
    const state = (await status('p')).containerStatuses?.[0].state.waiting
    return state?.reason === reason ? state.message : undefined
  })

describe('an image that cannot be pulled', () => {
  it('keeps the Pod waiting, and is asked for again and again', async (t) => {
    const bench = await openKubelet(t, { restartBackoffMs: 500 })
    await bench.create(`${core}/pods`, broken)
    for (const _again of [1, 2]) {
      assert.equal(await waiting(bench, 'ErrImagePull'), failure)
      assert.equal(
        await waiting(bench, 'ImagePullBackOff'),
        `Back-off pulling image "${image}": ErrImagePull: ${failure}`,
      )
    }
    const { phase, containerStatuses } = await bench.status('p')
    assert.deepEqual([phase, containerStatuses?.[0].restartCount], ['Pending', 0])
    assert.deepEqual(bench.kubelet.processesOf((await bench.pod('p')).metadata.uid ?? ''), [])
  })

  it('may be corrected in place', async (t) => {
    const bench = await openKubelet(t, { restartBackoffMs: 100 })
    await bench.create(`${core}/pods`, broken)
    await waiting(bench, 'ImagePullBackOff')
    const patch = [{ op: 'replace', path: '/spec/containers/0/image', value: 'example.com/exists:1' }]
    await bench.client.request('PATCH', `${core}/pods/p`, patch, 'application/json-patch+json')
    await eventually('it runs', async () => ((await bench.isReady('p')) ? true : undefined))
  })

  it('does not hold up the end of its Pod', async (t) => {
    const bench = await openKubelet(t, { restartBackoffMs: 600_000 })
    await bench.create(`${core}/pods`, broken)
    await waiting(bench, 'ImagePullBackOff')
    await bench.remove(`${core}/pods/p`)
    await bench.gone(`${core}/pods/p`)
  })
})
