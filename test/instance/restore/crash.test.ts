// Killed at any moment of its restore, an instance begins anew or is done: never is a part of the data served.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { artifacts, type ArtifactType, type RestoreReport } from '../../../instance/artifact.ts'
import { logFolder } from '../../../instance/redis/append-only.ts'
import { eventually } from '../../e2e/eventually.ts'
import { artifactOf, loadedFrom, richData, type TestArtifact } from '../../support/artifacts.ts'
import { endContainer } from '../../support/container-end.ts'
import { commandLineOf } from '../../support/process-facts.ts'
import { slowServer } from '../../support/slow-server.ts'
import { restoreStage, type RestoreStage } from '../../support/restore-stage.ts'

const timeout = 240_000
/** They wait most of their time, each with a store and a volume of its own. */
const concurrency = 3

/** Enough that each state can be seen. */
const slowness = { loadMicroseconds: 500, saveMicroseconds: 500 }

async function slowStage(t: TestContext, type: ArtifactType): Promise<[RestoreStage, TestArtifact]> {
  const artifact = await artifactOf(t, type, richData)
  const stage = await restoreStage(t, artifact, {}, (root) => [
    `--redis-server=${slowServer(root, slowness)}`,
  ])
  return [stage, artifact]
}

const scratchPid = (stage: RestoreStage): number | undefined =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .find(
      (pid) => nameOf(pid).includes(join(stage.instance.root, 'run')) && nameOf(pid).includes('restoring'),
    )

function nameOf(pid: number): string {
  try {
    return commandLineOf(pid)
  } catch {
    return ''
  }
}

async function isRestored(
  t: TestContext,
  stage: RestoreStage,
  { digest, keys }: TestArtifact,
): Promise<void> {
  assert.equal((await stage.reaches('Done')).keys, keys)
  await stage.serves()
  assert.equal((await loadedFrom(t, stage.data)).digest, digest)
  assert.ok(!existsSync(join(stage.data, 'restoring')))
}

describe('an instance that is killed', { timeout, concurrency }, () => {
  const states: readonly RestoreReport['state'][] = ['Checking', 'Downloading', 'Loading', 'Rewriting']
  for (const { artifactType } of Object.values(artifacts))
    for (const state of states)
      it(`while the restore of ${artifactType} is ${state} begins it anew`, async (t) => {
        const [stage, artifact] = await slowStage(t, artifactType)
        if (state === 'Checking') stage.store.fault({ on: 'HeadObject', act: { kind: 'Stall' } })
        if (state === 'Downloading')
          stage.store.fault({ on: 'GetObject', act: { kind: 'StallAnswer', afterBytes: 4000 } })
        const asked = stage.store.next('HeadObject')
        stage.instance.spawn()
        await asked
        await stage.reaches(state)
        await stage.instance.kill('SIGKILL')
        endContainer(stage.instance.root)
        assert.ok(!stage.hasData())
        await eventually('nobody is left', () => (scratchPid(stage) === undefined ? true : undefined))
        stage.instance.spawn()
        await isRestored(t, stage, artifact)
      })

  it('between the coming of the data and the record of it has restored them, and asks for nothing again', async (t) => {
    const artifact = await artifactOf(t, 'rdb', richData)
    const stage = await restoreStage(t, artifact)
    await stage.instance.start()
    const done = await stage.reaches('Done')
    await stage.instance.kill('SIGTERM')
    const statePath = join(stage.data, 'reign.json')
    const { restored, clusterUID, ...state } = JSON.parse(readFileSync(statePath, 'utf8')) as Record<
      string,
      object
    >
    writeFileSync(statePath, JSON.stringify({ clusterUID, ...state }))
    const note = join(stage.data, logFolder, 'restored.json')
    writeFileSync(note, JSON.stringify({ clusterUID, ...restored }))
    const asked = stage.store.operations.length
    await stage.instance.start()
    assert.deepEqual(await stage.reaches('Done'), done)
    assert.equal(stage.store.operations.length, asked)
    assert.ok(!existsSync(note))
  })

  it('politely, in the middle of a download, ends at once, and begins anew', async (t) => {
    const artifact = await artifactOf(t, 'rdb', richData)
    const stage = await restoreStage(t, artifact)
    stage.store.fault({ on: 'GetObject', act: { kind: 'StallAnswer', afterBytes: 4000 } })
    stage.instance.spawn()
    await stage.reaches('Downloading')
    await stage.instance.kill('SIGTERM')
    assert.ok(!stage.hasData())
    stage.instance.spawn()
    await isRestored(t, stage, artifact)
  })

  it('with its redis-server that loads is no obstacle: it is tried again', async (t) => {
    const [stage, artifact] = await slowStage(t, 'rdb')
    stage.instance.spawn()
    await stage.reaches('Loading')
    const pid = await eventually('it loads', () => scratchPid(stage))
    process.kill(pid, 'SIGKILL')
    await eventually(
      'it says why',
      async () => /SIGKILL/.test((await stage.report())?.reason ?? '') || undefined,
    )
    await isRestored(t, stage, artifact)
  })
})
