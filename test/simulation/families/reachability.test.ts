// Who hears whom: cuts by direction, policies, clocks, and promises that arrive by one way only.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Disk } from '../disk.ts'
import { Engine } from '../engine.ts'
import type { Host } from '../host.ts'
import type { Cut } from '../network.ts'
import {
  accepts,
  cast,
  cut,
  endsWell,
  isNamedAfter,
  never,
  part,
  pass,
  play,
  proofsAgainst,
  seeds,
  statusOf,
  sweep,
  targetHost,
  until,
  wake,
  type Stage,
} from './stage.ts'

const successorServes = (stage: Stage, primary: Host): Promise<void> =>
  until(stage, 'a successor serves', () => statusOf(stage).currentPrimaryUID !== primary.uid, 60)

test('packets lost in one direction only never make two primaries', async () => {
  let writable = 0
  const directions = (host: Host): Record<string, readonly Cut[]> => {
    const to = { from: undefined, to: host.address }
    const from = { from: host.address, to: undefined }
    return {
      deaf: [{ ...to, port: undefined }],
      mute: [{ ...from, port: undefined }],
      'deaf to requests': [{ ...to, port: 'http' }],
      'mute to peers and hooks': [{ ...from, port: 'http' }],
      'unheard by hooks, deaf to the API': [
        { from: host.address, to: 'hooks', port: undefined },
        { from: 'api', to: host.address, port: undefined },
      ],
    }
  }
  for (const seed of seeds(2))
    for (const direction of [
      'deaf',
      'mute',
      'deaf to requests',
      'mute to peers and hooks',
      'unheard by hooks, deaf to the API',
    ])
      for (const stepMs of [0, 9000])
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { primary } = cast(stage)
          cut(stage, ...(directions(primary)[direction] ?? []))
          wake(stage)
          await until(stage, 'it is missed', () => statusOf(stage).trouble?.uid === primary.uid)
          for (const each of stage.simulation.metacontrollers) each.wallOffsetMs += stepMs
          await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
          if (accepts(primary)) writable += 1
          await pass(stage, 12)
          await endsWell(stage)
        })
  assert.ok(writable > 5, `it was writable ${writable} times when another was named`)
})

test('a primary that a NetworkPolicy shields is replaced on the promise that its peers relay', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: seed % 2 ? 3 : 5, k: 1 }, async (stage) => {
      const { primary, replicas } = cast(stage)
      cut(stage, { from: undefined, to: primary.address, port: 'http', admission: true })
      part(stage, primary, ['api'])
      wake(stage)
      await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
      assert.ok(accepts(primary), 'its peers keep it alive')
      await successorServes(stage, primary)
      const relayed = replicas.flatMap((host) => host.instance?.lastStatus().relayed ?? [])
      assert.ok(relayed.some(({ uid, epoch }) => uid === primary.uid && epoch >= 2))
      assert.deepEqual(proofsAgainst(stage, primary), ['Demoted'])
      await endsWell(stage)
    })
})

test('a primary that reaches only the API shows its promise on its own Pod', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary, replicas } = cast(stage)
      part(stage, primary, ['hooks', ...replicas])
      wake(stage)
      await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
      assert.ok(accepts(primary), 'its reads of the API keep it alive')
      await successorServes(stage, primary)
      const shown = stage.simulation.api.podOf(primary.uid)?.metadata.annotations?.['redis.io/promised']
      assert.match(shown ?? '', /^[2-9]/)
      assert.deepEqual(proofsAgainst(stage, primary), ['Demoted'])
      await endsWell(stage)
    })
})

test('an older status that is written back does not renew the right of a primary that was counted out', async () => {
  let renewed = 0
  for (const [everyMs, forSeconds] of [
    [100, 3],
    [700, 14],
    [300, 14],
  ] as const)
    for (const seed of seeds(2))
      for (const hears of ['watch and reads', 'reads'] as const)
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { api, world } = stage.simulation
          const { primary, replicas } = cast(stage)
          const older = statusOf(stage)
          part(stage, primary, ['hooks', ...replicas])
          // A watch would tell of the naming at once: it may be behind.
          if (hears === 'reads') holdWatches(stage)
          wake(stage)
          await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
          for (const startMs of sweep(world.nowMs, world.nowMs + forSeconds * 1000, everyMs)) {
            api.setStatus(older)
            await world.run(startMs + everyMs)
            if (accepts(primary) && (replicas[0]?.instance?.lastStatus().seen ?? 0) > 1) renewed += 1
          }
          await endsWell(stage)
        })
  assert.ok(renewed > 10, `it was writable ${renewed} times by an older status`)
})

/** A watch of the primary shows nothing any more; reads do. */
function holdWatches(stage: Stage): void {
  const { api } = stage.simulation
  const { primary } = cast(stage)
  api.heldWatches.add(primary.address)
  stage.heals.add(() => api.heldWatches.delete(primary.address))
}

test('a witness that has just started has granted for as long as anybody knows', async () => {
  let started = 0
  for (const seed of seeds(2))
    for (const afterSeconds of sweep(0, 8, 2))
      await play({ seed, instances: 5, k: 0 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [one, two, , hidden] = replicas
        assert.ok(one && two && hidden)
        part(stage, primary)
        part(stage, hidden, ['hooks'])
        wake(stage)
        await pass(stage, afterSeconds)
        for (const host of [one, two]) host.crash()
        await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
        await until(stage, 'they are back', () => [one, two].every((host) => host.engine?.loading === false))
        if ([one, two].every((host) => host.instance?.lastStatus().grant.uid === undefined)) started += 1
        await successorServes(stage, primary)
        assert.deepEqual(proofsAgainst(stage, primary), ['Expired'])
        await endsWell(stage)
      })
  assert.ok(started > 5)
})

test('hooks whose clocks differ name early, and promote no earlier', async () => {
  let early = 0
  for (const seed of seeds(2))
    for (const blinkSeconds of [1.2, 3, 8])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { simulation } = stage
        const second = simulation.newMetacontroller('mc-2')
        second.wallOffsetMs = 9000
        simulation.metacontrollers.push(second)
        await pass(stage, 2)
        const { primary } = cast(stage)
        const back = part(stage, primary, [], 'http')
        wake(stage)
        const untilMs = simulation.world.nowMs + blinkSeconds * 1000
        await simulation.world.run(untilMs, () => isNamedAfter(stage, primary, 1), 0)
        if (isNamedAfter(stage, primary, 1) && accepts(primary)) early += 1
        back()
        await endsWell(stage)
      })
  assert.ok(early > 1, `named early ${early} times`)
})

test('a primary that fenced itself does not open again on reading that it is the target', async () => {
  for (const seed of seeds(4))
    for (const backMs of [0, 400, 3000])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { simulation } = stage
        const { primary } = cast(stage)
        for (const each of simulation.metacontrollers) each.stop()
        const back = part(stage, primary)
        await until(stage, 'it fences itself', () => !accepts(primary), 8)
        await pass(stage, backMs / 1000)
        back()
        assert.equal(statusOf(stage).targetPrimaryUID, primary.uid)
        await never(stage, 'it opened again', () => accepts(primary), 4)
        simulation.metacontrollers.push(simulation.newMetacontroller('mc-2'))
        await until(stage, 'somebody opens', () => simulation.hosts.some(accepts))
        assert.ok((statusOf(stage).primaryEpoch ?? 0) > 1)
        await endsWell(stage)
      })
})

test('a foreign replica keeps no right alive', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 0 }, async (stage) => {
      const { world, network, kubelet } = stage.simulation
      const { primary, replicas } = cast(stage)
      const around = {
        world,
        network,
        engineAt: (address: string) => kubelet.engineAt(address),
        onWritable: () => undefined,
        onEnded: () => undefined,
        onReplaced: () => undefined,
      }
      const upstream = { host: primary.address, port: 6379 }
      const foreign = new Engine(around, world.spawn('foreign'), '192.0.2.1', new Disk(world), upstream)
      await until(stage, 'it copies', () => foreign.linked)
      part(stage, primary, ['hooks', 'api', ...replicas])
      wake(stage)
      await pass(stage, 3)
      assert.ok(accepts(primary) && primary.engine?.links.some(({ replica }) => replica === foreign))
      await until(stage, 'it stops by itself', () => !accepts(primary), 4)
      await successorServes(stage, primary)
      assert.deepEqual(proofsAgainst(stage, primary), ['Expired'])
      world.kill(foreign.process)
      await endsWell(stage)
    })
})

test('an outage of the API fences nobody, and nobody opens while it lasts', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary } = cast(stage)
      const back = cut(stage, { from: undefined, to: 'api', port: undefined })
      await pass(stage, 20)
      assert.ok(accepts(primary))
      if (seed > 1) primary.crash()
      await pass(stage, 10)
      assert.equal(stage.simulation.hosts.some(accepts), seed === 1)
      back()
      await endsWell(stage)
      assert.ok(targetHost(stage))
    })
})
