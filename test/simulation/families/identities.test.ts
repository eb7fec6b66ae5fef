// Names and addresses mean nothing: ghosts of forced deletions, replacements with empty disks, commands for somebody else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Host } from '../host.ts'
import {
  accepts,
  cast,
  confirmGone,
  endsWellConfirmed,
  hostOf,
  isNamedAfter,
  loseNode,
  never,
  part,
  pass,
  play,
  proofsAgainst,
  seeds,
  situation,
  statusOf,
  until,
  wake,
  type Stage,
} from './stage.ts'

/** Its node is lost, its Pod deleted by force, and a new one of the same name starts elsewhere, on an empty disk. */
async function replaceElsewhere(stage: Stage, host: Host): Promise<Host> {
  stage.simulation.world.tell(`${host.name} is deleted by force, and starts elsewhere`)
  stage.simulation.kubelet.replaceElsewhere(host)
  const ordinal = Number(host.name.split('-').at(-1))
  await until(
    stage,
    'its replacement runs',
    () => stage.simulation.hostOfOrdinal(ordinal)?.engine?.loading === false,
  )
  return hostOf(stage, ordinal)
}

test('the ghost of a forced delete ends before a successor opens, and its replacement does not follow it', async () => {
  let haunted = 0
  for (const seed of seeds(3))
    for (const hears of ['nobody', 'its peers', 'its replacement'] as const)
      for (const afterSeconds of [0, 3])
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { primary, replicas } = cast(stage)
          loseNode(stage, primary)
          if (hears === 'its peers') {
            for (const heal of stage.heals) heal()
            part(stage, primary, ['hooks', 'api'])
            stage.simulation.kubelet.stranded.add(primary.uid)
          }
          wake(stage)
          await pass(stage, afterSeconds)
          const replacement = await replaceElsewhere(stage, primary)
          assert.notEqual(replacement.uid, primary.uid)
          if (hears === 'its replacement') {
            for (const heal of stage.heals) heal()
            stage.simulation.kubelet.stranded.add(primary.uid)
            part(stage, primary, ['hooks', 'api', ...replicas])
          }
          if (accepts(primary)) haunted += 1
          const attached = (): boolean =>
            primary.engine?.links.some(({ replica }) => replica.address === replacement.address) === true
          await never(stage, 'the replacement follows the ghost', attached, 6)
          await until(stage, 'a successor serves', () => statusOf(stage).currentPrimaryUID !== primary.uid)
          await endsWellConfirmed(stage)
        })
  assert.ok(haunted > 9, `${haunted} ghosts were writable`)
})

test('an instance that lost its disk with its node is not taken for the one of the same name', async () => {
  for (const seed of seeds(4))
    for (const afterMs of [0, 200, 600, 2000])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [lost] = replicas
        assert.ok(lost)
        loseNode(stage, lost)
        const replacement = await replaceElsewhere(stage, lost)
        await pass(stage, afterMs / 1000)
        primary.crash()
        primary.disk.losePower()
        await pass(stage, 10)
        if (accepts(replacement)) assert.ok((replacement.engine?.data.log?.keys ?? 0) > 5)
        await endsWellConfirmed(stage)
      })
})

test('when the machine with the only acknowledged copy is lost as well, a person decides', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary, replicas } = cast(stage)
      const [lagging, good] = replicas
      assert.ok(lagging && good)
      part(stage, lagging, [primary], 'redis')
      await pass(stage, 1)
      loseNode(stage, good)
      await replaceElsewhere(stage, good)
      await pass(stage, seed)
      loseNode(stage, primary)
      wake(stage)
      await never(
        stage,
        'a copy without acknowledged writes opened',
        () => stage.simulation.hosts.some((host) => host !== primary && accepts(host)),
        30,
      )
      assert.match(situation(stage), /Stuck|Fencing/)
      await endsWellConfirmed(stage)
    })
})

test('the garbage collector of Pods proves nothing', async () => {
  let writable = 0
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { api } = stage.simulation
      const { primary, replicas } = cast(stage)
      loseNode(stage, primary)
      for (const heal of stage.heals) heal()
      stage.simulation.kubelet.silentNodes.add(Number(primary.name.split('-').at(-1)))
      part(stage, primary, ['hooks', 'api'])
      const pod = api.podOf(primary.uid)
      assert.ok(pod)
      const metadata = { ...pod.metadata, deletionTimestamp: 'now' }
      api.putPod({
        ...pod,
        metadata,
        status: { ...pod.status, phase: 'Failed' },
      })
      await pass(stage, 1)
      stage.simulation.kubelet.replaceElsewhere(primary)
      await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
      if (accepts(primary)) writable += 1
      await until(stage, 'a successor serves', () => statusOf(stage).currentPrimaryUID !== primary.uid)
      assert.ok(!proofsAgainst(stage, primary).includes('Gone'))
      assert.ok(replicas.some((host) => host.uid === statusOf(stage).currentPrimaryUID))
      await endsWellConfirmed(stage)
    })
  assert.ok(writable > 2)
})

test('a Pod that was seen to end is Gone, and so is one whose machine a person has seen dead', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: 2, k: 0 }, async (stage) => {
      const { api, kubelet } = stage.simulation
      const { primary } = cast(stage)
      const pod = api.podOf(primary.uid)
      assert.ok(pod)
      if (seed % 2) {
        api.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } })
        await until(stage, 'a successor serves', () => statusOf(stage).currentPrimaryUID !== primary.uid)
      } else {
        loseNode(stage, primary)
        kubelet.replaceElsewhere(primary)
        wake(stage)
        await pass(stage, 4)
        primary.restarts = false
        primary.crash()
        confirmGone(stage, primary)
        await until(stage, 'a successor serves', () => statusOf(stage).currentPrimaryUID !== primary.uid)
        assert.deepEqual(proofsAgainst(stage, primary), ['Gone'])
      }
      await endsWellConfirmed(stage)
    })
})

test('whoever gets an address by chance obeys nothing that is meant for somebody else', async () => {
  await play({ seed: 1, instances: 3, k: 1 }, async (stage) => {
    const { primary, replicas } = cast(stage)
    const [other] = replicas
    assert.ok(other && primary.instance)
    const { instance } = primary
    const chosen = { dataEpoch: 0, offsetBytes: 0, restarted: true }
    for (const named of [
      { cluster: 'another', pod: primary.uid },
      { cluster: 'cluster-1', pod: other.uid },
    ]) {
      const heartbeat = {
        ...named,
        from: other.uid,
        epoch: 9,
        target: other.uid,
        writable: true,
        beat: 1,
        terms: [],
      }
      const answers: readonly unknown[] = [
        await instance.fence(named, 9, other.uid),
        await instance.promote(named, 9, [], chosen),
        await instance.follow(named, 9, other.uid, other.address, 6379),
        instance.hear(heartbeat),
      ]
      for (const answer of answers) assert.equal((answer as { code: string }).code, 'wrong-identity')
    }
    assert.ok(accepts(primary))
    await endsWellConfirmed(stage)
  })
})
