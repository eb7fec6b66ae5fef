// The gate: with minSyncReplicas a primary refuses writes while fewer replicas keep up, but never its own marker.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { paths } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { clusterUID } from '../support/kubernetes-api.ts'
import { instanceProcess, ownUID, target, term, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

async function primaryWith(t: TestContext, minSyncReplicas: number): Promise<InstanceProcess> {
  const instance = await instanceProcess(t)
  instance.api.reign = target(1, { terms: [term([ownUID, 'u1'], { minSyncReplicas })] })
  await instance.start()
  await instance.open(1)
  return instance
}

async function replicaOf(t: TestContext, { api, ip }: InstanceProcess): Promise<InstanceProcess> {
  const replica = await instanceProcess(t, { api, ordinal: 1 })
  await replica.start()
  await eventually('it follows', async () => {
    const query = { cluster: clusterUID, pod: 'u1', epoch: '1', primaryIP: ip, primary: ownUID }
    const { status, body } = await replica.post(paths.demote, query)
    return status === 200 ? true : assert.fail(body.detail)
  })
  return replica
}

const write = async (instance: InstanceProcess): Promise<string> =>
  await instance
    .client()
    .set('a', 'b')
    .catch((error: unknown) => String(error))

const answers = async (instance: InstanceProcess, expected: RegExp): Promise<void> => {
  await eventually(`writes answer ${expected.source}`, async () =>
    expected.test(await write(instance)) ? true : undefined,
  )
}

describe('the gate of a primary', { timeout }, () => {
  it('refuses writes until the replicas that minSyncReplicas asks for keep up, and the marker is there before', async (t) => {
    const primary = await primaryWith(t, 1)
    await answers(primary, /NOREPLICAS/)
    const functions = JSON.stringify(await primary.client().call('FUNCTION', 'LIST', 'WITHCODE'))
    assert.match(functions, new RegExp(`'${clusterUID}/1'`))
    await replicaOf(t, primary)
    await answers(primary, /^OK$/)
  })

  it('stands open without minSyncReplicas', async (t) => {
    const primary = await primaryWith(t, 0)
    assert.equal(await write(primary), 'OK')
  })

  it('closes again when the replica is gone', async (t) => {
    const primary = await primaryWith(t, 1)
    const replica = await replicaOf(t, primary)
    await answers(primary, /^OK$/)
    process.kill(replica.redisPid(), 'SIGSTOP')
    await answers(primary, /NOREPLICAS/)
  })
})
