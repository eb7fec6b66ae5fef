// The kubelet runs Pods: where, with what environment, how often again, and until when.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../e2e/eventually.ts'
import { core } from '../../support/api-server.ts'
import { askAt, openKubelet, programPod } from '../../support/kubelet-bench.ts'

const probe = { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1, failureThreshold: 1 }

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const fieldOf = (name: string, fieldPath: string): object => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
})

describe('the kubelet starts a Pod', () => {
  it('on its node, with an address, and only there', async (t) => {
    const { create, run, pod, status } = await openKubelet(t)
    await create(`${core}/pods`, programPod('other', { spec: { nodeName: 'elsewhere' } }))
    const { ip } = await run('p')
    assert.equal(((await pod('p'))['spec'] as { nodeName: string }).nodeName, 'laptop')
    const { podIP, phase } = await eventually('the status is written', async () => {
      const now = await status('p')
      return now.phase === 'Running' ? now : undefined
    })
    assert.deepEqual([podIP, phase], [ip, 'Running'])
    assert.equal((await status('other')).phase, 'Pending')
  })

  it('with variables and arguments from the downward API', async (t) => {
    const { run } = await openKubelet(t)
    const env = [
      { name: 'PLAIN', value: 'text' },
      fieldOf('NAME', 'metadata.name'),
      fieldOf('SPACE', 'metadata.namespace'),
      fieldOf('UID', 'metadata.uid'),
      fieldOf('ADDRESS', 'status.podIP'),
    ]
    const { uid, ip, ask } = await run('p', { args: ['--of=$(NAME)', '$(UNKNOWN)'], container: { env } })
    const { PLAIN, NAME, SPACE, UID, ADDRESS } = JSON.parse((await ask('/env')) ?? '') as NodeJS.ProcessEnv
    assert.deepEqual([PLAIN, NAME, SPACE, UID, ADDRESS], ['text', 'p', 'default', uid, ip])
    assert.equal(await ask('/args'), '["--of=p","$(UNKNOWN)"]')
  })
})

describe('the kubelet probes a Pod', () => {
  it('and calls it ready as long as it says so', async (t) => {
    const { run, isReady, status } = await openKubelet(t)
    const { ask } = await run('p', { args: ['--unready'], container: { readinessProbe: probe } })
    assert.equal(await isReady('p'), false)
    await ask('/set-ready', 'true')
    await eventually('it is ready', async () => ((await isReady('p')) ? true : undefined))
    await ask('/set-ready', 'false')
    await eventually('it is not ready', async () => ((await isReady('p')) ? undefined : true))
    assert.equal((await status('p')).containerStatuses?.[0].restartCount, 0)
  })

  it('for readiness only once it has started up', async (t) => {
    const { run, isReady } = await openKubelet(t)
    const startupProbe = { ...probe, failureThreshold: 600 }
    const { ask } = await run('p', { args: ['--unready'], container: { startupProbe } })
    assert.equal(await isReady('p'), false)
    await ask('/set-ready', 'true')
    await eventually('it is ready', async () => ((await isReady('p')) ? true : undefined))
  })

  it('and restarts it when it is not alive', async (t) => {
    const { run, status, isReady } = await openKubelet(t)
    const startupProbe = { ...probe, failureThreshold: 600 }
    const { ask } = await run('p', { container: { startupProbe, livenessProbe: probe } })
    await eventually('it has started', async () => ((await isReady('p')) ? true : undefined))
    await ask('/set-ready', 'false')
    await eventually('it was restarted', async () =>
      (await status('p')).containerStatuses?.[0].restartCount === 1 ? true : undefined,
    )
  })
})

describe('the kubelet restarts a container', () => {
  it('at once the first time, then after a pause, and keeps the log of each run', async (t) => {
    const { run, status, kubelet } = await openKubelet(t, { restartBackoffMs: 600_000 })
    const { uid, ask } = await run('p')
    await ask('/exit', '3')
    await eventually('it runs again', async () => {
      const now = (await status('p')).containerStatuses?.[0]
      return now?.restartCount === 1 && now.state.running !== undefined ? true : undefined
    })
    await eventually('it answers again', () => ask('/pid'))
    await ask('/exit', '4')
    const waiting = await eventually(
      'it waits',
      async () => (await status('p')).containerStatuses?.[0].state.waiting,
    )
    assert.deepEqual(waiting, { reason: 'CrashLoopBackOff', message: 'it ended with 4' })
    assert.deepEqual(
      [await kubelet.logs(uid, 0), await kubelet.logs(uid, 1), await kubelet.logs(uid, 2)],
      ['started\n', 'started\n', undefined],
    )
  })

  it('and ends everything in it with its first process, whatever its session', async (t) => {
    const { run, kubelet } = await openKubelet(t)
    const { uid } = await run('p', { args: ['--child'] })
    const before = kubelet.processesOf(uid)
    assert.equal(before.length, 2)
    kubelet.kill(uid, 'pid1', 'SIGKILL')
    await eventually('others run', () => {
      const now = kubelet.processesOf(uid)
      const isNew = now.every(({ pid }) => before.every((old) => old.pid !== pid))
      return now.length === 2 && isNew ? true : undefined
    })
  })
})

describe('a Pod that is deleted', () => {
  it('gets SIGTERM, and its object goes once its processes are gone', async (t) => {
    const { run, kubelet, remove, pod, gone } = await openKubelet(t)
    const { uid, ask } = await run('p', { args: ['--stubborn'] })
    const pid = Number(await ask('/pid'))
    await remove(`${core}/pods/p`)
    await eventually('it heard', async () =>
      (await kubelet.logs(uid, 0))?.includes('SIGTERM') ? true : undefined,
    )
    assert.equal((await pod('p')).metadata.deletionGracePeriodSeconds, 30)
    assert.equal(isAlive(pid), true)
    await ask('/exit', '0')
    await gone(`${core}/pods/p`)
    assert.equal(isAlive(pid), false)
    assert.deepEqual(kubelet.pods(), [])
  })

  it('is killed when its time is over, and its last status tells how it ended', async (t) => {
    const { run, client, remove } = await openKubelet(t)
    await run('p', { args: ['--stubborn'], spec: { terminationGracePeriodSeconds: 1 } })
    const stop = new AbortController()
    const watched = client.watch(`${core}/pods?watch=true&fieldSelector=metadata.name=p`, stop.signal)
    await remove(`${core}/pods/p`)
    for await (const { type, object } of watched) {
      if (type !== 'DELETED') continue
      const { containerStatuses } = object['status'] as { containerStatuses: [{ state: object }] }
      assert.match(JSON.stringify(containerStatuses[0].state), /"terminated":\{"exitCode":137/)
      stop.abort()
    }
  })

  it('by force lives on, on a node that is cut off, beside the next of its name', async (t) => {
    const { run, kubelet, remove, gone } = await openKubelet(t)
    const old = await run('p')
    await remove(`${core}/pods/p`, { gracePeriodSeconds: 0 })
    await gone(`${core}/pods/p`)
    const next = await run('p')
    assert.notEqual(next.ip, old.ip)
    assert.deepEqual(
      kubelet.ghosts().map(({ uid }) => uid),
      [old.uid],
    )
    assert.notEqual(await old.ask('/pid'), undefined)
    for (const ghost of kubelet.ghosts()) ghost.kill()
    await eventually('the ghost is gone', () => (kubelet.ghosts().length === 0 ? true : undefined))
    await assert.rejects(old.ask('/pid'))
    assert.notEqual(await next.ask('/pid'), undefined)
  })

  it('by force is killed on a healthy node', async (t) => {
    const { run, remove } = await openKubelet(t, { onForcedDelete: 'kill' })
    const { ip } = await run('p', { args: ['--stubborn'] })
    await remove(`${core}/pods/p`, { gracePeriodSeconds: 0 })
    await eventually('it is gone', () =>
      askAt(ip)('/pid').then(
        () => undefined,
        () => true as const,
      ),
    )
  })
})
