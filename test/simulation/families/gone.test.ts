// Members that are gone for good are waited for no more; whoever may stand for one of them is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instanceAnnotations } from '../../../instance/api.ts'
import type { Host } from '../host.ts'
import { usedMembers } from './leaving.ts'
import {
  accepts,
  cast,
  change,
  confirmGone,
  endsWell,
  endsWellConfirmed,
  hostOf,
  listed,
  loseNode,
  part,
  pass,
  play,
  seeds,
  statusOf,
  until,
  wake,
  type Stage,
} from './stage.ts'

/** Its machine is destroyed: nothing of it runs any more, and its Pod was deleted by force. */
function destroy(stage: Stage, host: Host): void {
  loseNode(stage, host)
  host.restarts = false
  host.crash()
  stage.simulation.api.removePod(host.uid)
}

const remove = ({ simulation: { api } }: Stage, host: Host): void => {
  const pod = api.podOf(host.uid)
  if (pod) api.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } })
}

const ends = {
  'a person says that they are gone': (stage: Stage, lost: readonly Host[]) => {
    for (const host of lost) destroy(stage, host)
    confirmGone(stage, ...lost)
  },
  'kubelet says that they ended': (stage: Stage, lost: readonly Host[]) => {
    for (const host of lost) remove(stage, host)
  },
} as const

test('more than half are gone for good, and fewer are wanted: those who are left count without them', async () => {
  for (const seed of seeds(3))
    for (const [from, to, k] of [
      [3, 1, 0],
      [5, 2, 1],
    ] as const)
      for (const [how, end] of Object.entries(ends))
        await play({ seed, instances: from, k: 1 }, async (stage) => {
          const { primary, replicas } = cast(stage)
          change(stage, { instances: to, minSyncReplicas: k })
          stage.simulation.world.tell(how)
          end(stage, replicas.slice(to - 1))
          await until(
            stage,
            'counts are made over those who are left',
            () => listed(stage).join() === `${to}`,
          )
          assert.ok(accepts(primary))
          assert.equal(usedMembers(primary).length, to)
          await pass(stage, 3)
          assert.equal(statusOf(stage).gone, undefined)
          await endsWell(stage)
        })
})

test('the last replica is gone for good in the middle of a removal', async () => {
  for (const seed of seeds(3))
    for (const [how, end] of Object.entries(ends))
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary } = cast(stage)
        const replica = hostOf(stage, primary === hostOf(stage, 0) ? 1 : 0)
        change(stage, { instances: 1, minSyncReplicas: 0 })
        await until(stage, 'two are left', () => usedMembers(primary).length === 2)
        stage.simulation.world.tell(how)
        end(stage, [replica])
        await until(stage, 'counts are made over the primary alone', () => listed(stage).join() === '1')
        await endsWell(stage)
      })
})

const hasHeard = (host: Host, primary: Host): boolean => host.instance?.lastStatus().grant.uid === primary.uid

/** Each of them is replaced on its volume, hears of the primary once, and not of what comes next. */
async function replaceDeaf(
  stage: Stage,
  primary: Host,
  ordinals: readonly number[],
): Promise<readonly Host[]> {
  const before = ordinals.map((ordinal) => hostOf(stage, ordinal))
  for (const host of before) remove(stage, host)
  const deaf: Host[] = []
  for (const [index, ordinal] of ordinals.entries()) {
    const heard = (): boolean => {
      const host = stage.simulation.hostOfOrdinal(ordinal)
      return host !== undefined && host !== before[index] && hasHeard(host, primary)
    }
    await until(stage, `the next Pod of ordinal ${ordinal} hears`, heard)
    const host = hostOf(stage, ordinal)
    part(stage, host, [primary])
    deaf.push(host)
  }
  return deaf
}

test('whoever stands for one that is gone and has heard of the old term alone cannot count out a primary that let it go', async () => {
  let alone = 0
  for (const seed of seeds(6))
    await play({ seed, instances: 3, k: 0 }, async (stage) => {
      const { simulation } = stage
      const { primary } = cast(stage)
      const { terms = [] } = statusOf(stage)
      const deaf = await replaceDeaf(stage, primary, [1, 2])
      const back = deaf.map((host) => part(stage, host, ['hooks', 'api']))
      change(stage, { instances: 1 })
      const shown = (): string =>
        simulation.api.podOf(primary.uid)?.metadata.annotations?.[instanceAnnotations.terms] ?? ''
      await until(stage, 'it holds the next term', () => shown().includes(`"members":["${primary.uid}"]`))
      alone += 1
      await pass(stage, 6)
      assert.equal(usedMembers(primary).length, 3)
      // Nobody reaches it, nothing of it is shown any more, and the status knows the old term alone.
      part(stage, primary)
      simulation.kubelet.replaceElsewhere(primary)
      const { gone: _gone, ...status } = statusOf(stage)
      simulation.api.setStatus({ ...status, terms })
      for (const heal of back) heal()
      wake(stage)
      await pass(stage, 25)
      assert.deepEqual(simulation.violations, [])
      await endsWellConfirmed(stage)
    })
  assert.ok(alone > 3, `it held the next term in ${alone} cases`)
})

test('a term stays in use while those who know it alone could count the primary out', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 0 }, async (stage) => {
      const { simulation } = stage
      const { primary, replicas } = cast(stage)
      const { terms = [] } = statusOf(stage)
      part(stage, primary, replicas)
      change(stage, { instances: 5 })
      await until(stage, 'two terms', () => listed(stage).length === 2)
      await pass(stage, 6)
      assert.equal(usedMembers(primary).length, 3)
      // From here on the newcomers alone hear the primary, and those from before alone are heard.
      const newcomers = [hostOf(stage, 3), hostOf(stage, 4)]
      part(stage, primary, ['hooks', 'api'])
      for (const host of newcomers) part(stage, host, ['hooks', ...replicas])
      simulation.kubelet.replaceElsewhere(primary)
      simulation.api.setStatus({ ...statusOf(stage), terms })
      wake(stage)
      await pass(stage, 25)
      assert.deepEqual(simulation.violations, [])
      await endsWellConfirmed(stage)
    })
})
