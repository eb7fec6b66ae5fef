// Captured syncs: no secret in them, the same decision from them, and never a sync that fails because of them.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { redacted, type CapturedSync } from '../../../hooks/io/capture.ts'
import { parseCaptured, replay } from '../../../hooks/replay.ts'
import { eventually } from '../../e2e/eventually.ts'
import { answeringPair } from '../../support/answering-pair.ts'
import * as build from '../../support/builders.ts'
import { hooksServer } from '../../support/hooks-server.ts'

const { image, primary, reigning, replica, reports, request } = build
const password = 'hunter2-hunter2'

/** As kubectl apply leaves it: the whole manifest once more, in an annotation. */
const appliedSecret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'mine',
    namespace: 'shop',
    managedFields: [{ manager: 'kubectl' }],
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ stringData: { password } }),
      'example.com/copy': password,
    },
  },
  data: { password: btoa(password) },
}

const sync: CapturedSync = {
  kind: 'RedisCluster',
  request: request({
    status: reigning(),
    spec: { authSecret: { name: 'mine' } },
    related: [appliedSecret],
  }),
  reports: reports(primary(0), replica(1), replica(2)),
  now: build.now.toISOString(),
  entropy: build.entropy,
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'capture-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

describe('redacted', () => {
  it('leaves no value of a Secret, no copy of it, and no entropy', () => {
    const text = JSON.stringify(redacted(sync))
    const values = Object.values(sync.request.children['Secret.v1'] ?? {}).flatMap((secret) =>
      Object.values((secret as { data?: Record<string, string> }).data ?? {}),
    )
    assert.ok(values.length > 0)
    for (const value of [...values, password, btoa(password), build.entropy]) assert.ok(!text.includes(value))
    assert.doesNotMatch(text, /managedFields|last-applied/)
  })

  it('replays to the same plan, Secrets apart', () => {
    const withoutSecrets = (captured: CapturedSync): object => {
      const plan = replay(captured, image)
      return { ...plan, children: plan.children.filter(({ kind }) => kind !== 'Secret') }
    }
    assert.deepEqual(withoutSecrets(parseCaptured(JSON.stringify(redacted(sync)))), withoutSecrets(sync))
  })
})

describe('capture', () => {
  const silent = request({ status: reigning() })

  it('a sync that decides something becomes a file that can be replayed', async (t) => {
    const captureDirectory = directory(t)
    await hooksServer(t, { captureDirectory }).sync(silent)
    const plan = await eventually('the sync is captured', () => {
      const [file] = readdirSync(captureDirectory)
      return file === undefined
        ? undefined
        : replay(parseCaptured(readFileSync(join(captureDirectory, file), 'utf8')), image)
    })
    assert.match(plan.decision, /^Blinking/)
  })

  it('an idle sync becomes one only when all are wanted', async (t) => {
    const { observed } = await answeringPair(t)
    const [captureDirectory, everything] = [directory(t), directory(t)]
    await hooksServer(t, { captureDirectory }).sync(observed)
    await hooksServer(t, { captureDirectory: everything, captureAll: true }).sync(observed)
    await eventually('the sync is captured', () => readdirSync(everything)[0])
    assert.deepEqual(readdirSync(captureDirectory), [])
  })

  it('a directory that cannot be written fails no sync', async (t) => {
    const path = join(directory(t), 'file')
    writeFileSync(path, '')
    const server = hooksServer(t, { captureDirectory: path })
    assert.equal((await server.sync(silent)).status, 200)
    await eventually('the log says so', () => /could not be captured/.exec(server.logged()) ?? undefined)
  })
})
