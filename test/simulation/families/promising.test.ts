// The promise between real parts: answered when it is true, and never before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterUID } from '../host.ts'
import { cast, part, pass, play, stallEngine, until, type Stage } from './stage.ts'

const three = { seed: 1, instances: 3, k: 1 }

function withoutHooks(stage: Stage): ReturnType<typeof cast> {
  for (const each of stage.simulation.metacontrollers) each.stop()
  return cast(stage)
}

test('a promise is answered, and reported, once redis-server obeys or is dead', async () => {
  for (const ordinal of [0, 1])
    await play(three, async (stage) => {
      const { primary, replicas } = withoutHooks(stage)
      const host = [primary, ...replicas][ordinal]
      assert.ok(host?.instance && host.engine)
      const { instance, engine } = host
      let answered = false
      stallEngine(stage, host)
      const identity = { cluster: clusterUID, pod: host.uid }
      void instance.fence(identity, 2, replicas[1]?.uid ?? '').then(() => (answered = true))
      await pass(stage, 0.5)
      assert.deepEqual([answered, instance.lastStatus().seen, host.disk.reign.seen], [false, 1, 2])
      await until(stage, 'it answers', () => answered)
      assert.equal(engine.process.alive, false)
      await until(stage, 'it reports', () => instance.lastStatus().seen === 2)
    })
})

test('whoever has promised follows nobody of a lower reign any more', () =>
  play(three, async (stage) => {
    const { primary, replicas } = withoutHooks(stage)
    const [replica, other] = replicas
    assert.ok(replica?.instance && other)
    let answered = false
    const named = { cluster: clusterUID, pod: replica.uid }
    void replica.instance.fence(named, 2, other.uid).then(() => (answered = true))
    await until(stage, 'it answers', () => answered)
    assert.notEqual(replica.engine?.upstream.host, primary.address)
  }))

test('a copy that restarted is whole only once it has been in sync again', () =>
  play(three, async (stage) => {
    const { primary, replicas } = withoutHooks(stage)
    const [replica] = replicas
    assert.ok(replica)
    const rejoin = part(stage, replica, [primary], 'redis')
    replica.crashEngine()
    await pass(stage, 4)
    const restarted = (): boolean | undefined => replica.instance?.lastStatus().restarted
    assert.equal(restarted(), true)
    rejoin()
    await until(stage, 'it is in sync', () => restarted() === false)
  }))
