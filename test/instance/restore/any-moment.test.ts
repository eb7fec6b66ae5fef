// Killed at any moment of its restore, however often, an instance serves the whole dataset in the end, and never a part of it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { artifacts } from '../../../instance/artifact.ts'
import { lockFileName } from '../../../instance/volume-lock.ts'
import { eventually } from '../../e2e/eventually.ts'
import { artifactOf, loadedFrom, richData, type Fill, type TestArtifact } from '../../support/artifacts.ts'
import { chance, type Chance } from '../../support/chance.ts'
import { endContainer } from '../../support/container-end.ts'
import { restoreStage, type RestoreStage } from '../../support/restore-stage.ts'

const timeout = 240_000
const { seed } = chance()
const momentsOfEach = 5

/** Enough for the states to last, and nothing that compresses. */
const bulky: Fill = async (client) => {
  await richData(client)
  for (let n = 0; n < 16; n++) await client.set(`bulk-${n}`, randomBytes(2 ** 20))
}

/** From the last byte of the artifact until it is restored. */
async function paceOf(stage: RestoreStage, { content }: TestArtifact): Promise<number> {
  const downloaded = stage.store.passed(content.length).then(() => performance.now())
  stage.instance.spawn()
  await stage.reaches('Done')
  return performance.now() - (await downloaded)
}

/** Half of them by bytes of the download, half while it is loaded, rewritten and put into place. */
async function moment(
  { store }: RestoreStage,
  bytes: number,
  restMs: number,
  { next }: Chance,
): Promise<string> {
  const part = Math.ceil(next() * bytes)
  if (next() < 0.5) {
    await store.passed(part)
    return `after ${part} of ${bytes} bytes`
  }
  const ms = Math.round(1.1 * next() * restMs)
  await store.passed(bytes)
  await pause(ms)
  return `${ms} ms behind the last byte`
}

/** Whatever the killed one had started is gone, too. */
const isFree = ({ data }: RestoreStage): boolean =>
  spawnSync('flock', ['--exclusive', '--nonblock', join(data, lockFileName), 'true']).status === 0

/** As a new claim is. */
function empty({ data }: RestoreStage): void {
  for (const name of readdirSync(data)) rmSync(join(data, name), { recursive: true })
}

async function isWhole(
  t: TestContext,
  { data }: RestoreStage,
  { digest, keys }: TestArtifact,
): Promise<void> {
  const loaded = await loadedFrom(t, data)
  assert.deepEqual([loaded.digest, loaded.keys], [digest, keys])
}

/** What applications would see: each count of keys that redis-server has answered with. */
function watchKeys(stage: RestoreStage): { readonly seen: ReadonlySet<number>; end(): Promise<void> } {
  const client = stage.instance.client()
  const seen = new Set<number>()
  const off = new AbortController()
  const done = (async () => {
    while (!off.signal.aborted) {
      await client.dbsize().then(
        (keys) => seen.add(keys),
        () => undefined,
      )
      await pause(10)
    }
  })()
  return {
    seen,
    async end() {
      off.abort()
      await done
    },
  }
}

describe('an instance that is killed while it restores', { timeout, concurrency: 2 }, () => {
  for (const { artifactType } of Object.values(artifacts))
    it(`${artifactType} at ${momentsOfEach} random moments restores it whole (SEED=${seed})`, async (t) => {
      const random = chance(seed)
      const artifact = await artifactOf(t, artifactType, bulky)
      const stage = await restoreStage(t, artifact)
      const restMs = await paceOf(stage, artifact)
      await stage.instance.kill('SIGKILL')
      empty(stage)
      const watch = watchKeys(stage)
      for (let round = 0; round < momentsOfEach; round++) {
        const reached = moment(stage, artifact.content.length, restMs, random)
        stage.instance.spawn()
        const when = await reached
        await stage.instance.kill('SIGKILL')
        await stage.store.quiet()
        endContainer(stage.instance.root)
        await eventually('its lock is free', () => (isFree(stage) ? true : undefined))
        t.diagnostic(`killed ${when}: ${stage.hasData() ? 'restored' : 'nothing yet'}`)
        if (!stage.hasData()) continue
        await isWhole(t, stage, artifact)
        empty(stage)
      }
      stage.instance.spawn()
      assert.equal((await stage.reaches('Done')).keys, artifact.keys)
      await stage.serves()
      await isWhole(t, stage, artifact)
      await stage.isBorn()
      await eventually('it is seen', () => (watch.seen.size > 0 ? true : undefined))
      await watch.end()
      // One of them lies in database 3.
      assert.deepEqual([...watch.seen], [artifact.keys - 1])
      assert.ok(!existsSync(join(stage.data, 'restoring')))
    })
})
