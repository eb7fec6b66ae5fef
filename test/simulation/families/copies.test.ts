// Which copy is promoted: lagging ones are named, while the good ones blink, hang or leave.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Host } from '../host.ts'
import { keepStopped } from './people.ts'
import {
  accepts,
  cast,
  endsWell,
  isNamedAfter,
  loseNode,
  part,
  pass,
  play,
  seeds,
  situation,
  stallEngine,
  statusOf,
  targetHost,
  until,
  wake,
  type Stage,
} from './stage.ts'

const offsetOf = (host: Host): number => host.engine?.data.offset ?? 0

/** All but k replicas stop copying: what WAIT acknowledges from now on, only the others have. */
async function leaveBehind(stage: Stage): Promise<{ good: readonly Host[]; lagging: readonly Host[] }> {
  const { primary, replicas } = cast(stage)
  const { k } = stage.simulation.setting
  const lagging = replicas.slice(0, replicas.length - k)
  const good = replicas.slice(replicas.length - k)
  for (const host of lagging) part(stage, host, [primary, ...good], 'redis')
  const before = stage.simulation.promises.count
  await pass(stage, 1)
  if (k > 0) assert.ok(stage.simulation.promises.count > before, 'it acknowledges')
  for (const host of lagging) assert.ok(offsetOf(host) < offsetOf(primary))
  return { good, lagging }
}

test('a lagging copy that is named while the good ones blink is not promoted before they are asked', async () => {
  let lagged = 0
  for (const instances of [2, 3, 4, 5])
    for (const k of [0, 1, 2].filter((each) => each < instances))
      for (const blinkSeconds of [4, 14])
        await play({ seed: instances + blinkSeconds, instances, k }, async (stage) => {
          const { primary } = cast(stage)
          const { good, lagging } = await leaveBehind(stage)
          const unseen = good.map((host) => part(stage, host, ['hooks']))
          await pass(stage, 0.1)
          loseNode(stage, primary)
          wake(stage)
          if (lagging.length > 0) {
            await until(stage, 'a lagging copy is named', () =>
              lagging.includes(targetHost(stage) ?? primary),
            )
            if (k > 0) lagged += 1
          }
          await pass(stage, blinkSeconds)
          if (k > 0) assert.ok(!lagging.some(accepts), 'a lagging copy opened')
          for (const each of unseen) each()
          await pass(stage, 8)
          await endsWell(stage)
        })
  assert.ok(lagged >= 8, `a lagging copy was named ${lagged} times`)
})

test('a lagging copy is enough when nobody waits for acknowledgements', async () => {
  for (const instances of [3, 4, 5])
    await play({ seed: instances, instances, k: 0 }, async (stage) => {
      const { primary } = cast(stage)
      await leaveBehind(stage)
      loseNode(stage, primary)
      wake(stage)
      await until(stage, 'one of them opens', () => statusOf(stage).currentPrimaryUID !== primary.uid, 30)
      await endsWell(stage)
    })
})

test('a better copy that cannot serve holds up a worse one, for as long as its writes could be missed', async () => {
  for (const seed of seeds(3))
    for (const trouble of ['hung', 'terminating', 'crashed', 'kept stopped'] as const)
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { simulation } = stage
        const { primary } = cast(stage)
        const { good, lagging } = await leaveBehind(stage)
        const [better] = good
        assert.ok(better && lagging.length === 1)
        loseNode(stage, primary)
        const pod = simulation.api.podOf(better.uid)
        assert.ok(pod)
        if (trouble === 'hung') stallEngine(stage, better)
        else if (trouble === 'crashed') better.crash()
        else if (trouble === 'kept stopped') keepStopped(stage, better)
        else simulation.api.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } })
        await pass(stage, 20)
        assert.ok(isNamedAfter(stage, primary, 1))
        assert.ok(!lagging.some(accepts), `${situation(stage)}: a copy that lacks acknowledged writes opened`)
        if (trouble === 'kept stopped') {
          assert.equal(better.engine, undefined)
          keepStopped(stage)
        }
        await endsWell(stage)
      })
})

test('a primary that only its replicas hear is still writable when another is named, and its successor has it all', async () => {
  let writable = 0
  for (const seed of seeds(4))
    for (const stepMs of [0, 9000])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { metacontrollers } = stage.simulation
        const { primary } = cast(stage)
        part(stage, primary, [], 'http')
        part(stage, primary, ['api'])
        wake(stage)
        await until(stage, 'it is missed', () => statusOf(stage).trouble?.uid === primary.uid)
        // The clock of the hooks jumps, so that they name another while its right lasts.
        for (const each of metacontrollers) each.wallOffsetMs += stepMs
        wake(stage)
        await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
        if (accepts(primary)) writable += 1
        await until(stage, 'another opens', () => statusOf(stage).currentPrimaryUID !== primary.uid)
        await endsWell(stage)
      })
  assert.ok(writable >= 4, `it was writable ${writable} times`)
})
