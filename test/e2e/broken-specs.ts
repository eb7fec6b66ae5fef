// A spec that no Pod can start with: the rollout stops at the first one and says why, the others serve, and the old spec heals it.
import assert from 'node:assert/strict'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'

/** A change that breaks, the one that takes it back, and what is said in between. */
interface Mistake {
  readonly spec: object
  readonly back: object
  readonly words: RegExp
}

const imageName = 'registry.example.com/redis-operator:does-not-exist'
const image: Mistake = {
  spec: { imageName },
  back: { imageName: null },
  words: new RegExp(`(ErrImagePull|ImagePullBackOff): .*${imageName}`),
}
const selector: Mistake = {
  spec: { nodeSelector: { disk: 'nowhere' } },
  back: { nodeSelector: null },
  words: /Unschedulable: 0\/4 nodes are available: 4 node\(s\) didn't match Pod's node affinity\/selector/,
}
const inPods = { storage: { type: 'emptyDir' } }

export const brokenSpecs: readonly Scenario[] = [
  { name: 'rollout: an image that cannot be pulled, under load', run: (stage) => stops(stage, 'bi', image) },
  {
    name: 'rollout: an image that cannot be pulled, where nothing is kept on disk, under load',
    run: (stage) => stops(stage, 'be', image, inPods),
    slow: true,
  },
  { name: 'rollout: no node fits, under load', run: (stage) => stops(stage, 'bn', selector), slow: true },
  { name: 'rollout: no node fits a single instance, under load', run: (stage) => waits(stage, 'bs') },
]

const instances = 3

async function stops(stage: Stage, name: string, mistake: Mistake, more = {}): Promise<string> {
  const cluster = clusterView(stage, name)
  await cluster.apply(instances, more)
  const { currentPrimary: primary = '' } = await cluster.ready(instances)
  const pods = Array.from({ length: instances }, (_, ordinal) => `${name}-${ordinal}`)
  const first = pods.findLast((pod) => pod !== primary) ?? ''
  const others = pods.filter((pod) => pod !== first)
  const before = await uids(cluster, others)
  const told = await underLoad(
    stage,
    cluster,
    async () => {
      await cluster.patch(mistake.spec)
      const message = await eventually('it says that it has stopped', () => blocked(cluster))
      assert.ok(message.startsWith(`stopped: ${first} does not start: `), message)
      assert.match(message, mistake.words)
      const { phase, readyInstances } = await cluster.status()
      assert.deepEqual([phase === 'Healthy', readyInstances], [false, instances - 1])
      await cluster.patch(mistake.back)
      await eventually('the spec is applied', () => isApplied(cluster))
      await cluster.ready(instances)
    },
    { fullSyncs: 1, failures: 0 },
  )
  assert.deepEqual(await uids(cluster, others), before, 'one that served was replaced')
  await cluster.remove()
  return `it stopped at ${first}; ${told}`
}

/** Nobody serves meanwhile, and what has been written lies on the volume. */
async function waits(stage: Stage, name: string): Promise<string> {
  const cluster = clusterView(stage, name)
  await cluster.apply(1)
  await cluster.ready(1)
  const told = await underLoad(stage, cluster, async () => {
    await cluster.patch(selector.spec)
    await eventually('its Pod finds no node', async () => {
      const { status } = (await cluster.pod(`${name}-0`)) as unknown as {
        status?: { conditions?: { reason?: string }[] }
      }
      return status?.conditions?.some(({ reason }) => reason === 'Unschedulable') === true ? true : undefined
    })
    await cluster.patch(selector.back)
    await eventually('the spec is applied', () => isApplied(cluster))
    await cluster.ready(1)
  })
  await cluster.remove()
  return told
}

const uids = (cluster: ClusterView, pods: readonly string[]): Promise<readonly (string | undefined)[]> =>
  Promise.all(pods.map(async (pod) => (await cluster.pod(pod)).metadata.uid))

async function blocked(cluster: ClusterView): Promise<string | undefined> {
  const condition = await specApplied(cluster)
  return condition?.reason === 'RolloutBlocked' ? condition.message : undefined
}

const isApplied = async (cluster: ClusterView): Promise<true | undefined> =>
  (await specApplied(cluster))?.status === 'True' ? true : undefined

const specApplied = async (
  cluster: ClusterView,
): Promise<{ readonly status: string; readonly reason: string; readonly message: string } | undefined> =>
  (await cluster.status()).conditions?.find(({ type }) => type === 'SpecApplied')
