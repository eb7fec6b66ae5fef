// npm run replay -- file.json: a captured sync in, the plan out. "Why did it do that?" can be asked again, and changed.
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { CapturedSync } from './io/capture.ts'
import type { SyncPlan } from './rediscluster/plan.ts'
import { sync } from './rediscluster/sync.ts'
import { SyncBody } from './requests.ts'

const Captured = Type.Object({
  kind: Type.Literal('RedisCluster'),
  request: SyncBody,
  reports: Type.Record(Type.String(), Type.Object({ kind: Type.String() })),
  now: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$' }),
  entropy: Type.String({ minLength: 1 }),
})

/** What the hooks run when nothing else is asked of them. */
export const defaultImage = 'redis-operator:latest'

const usage = 'usage: npm run replay -- file.json [--image IMAGE]'

export function replay(captured: CapturedSync, image: string): SyncPlan {
  const { request, reports, now, entropy } = captured
  return sync(request, reports, new Date(now), entropy, { image })
}

/** Throws with what is wrong and where. */
export function parseCaptured(text: string): CapturedSync {
  const value: unknown = JSON.parse(text)
  const wrong = Value.Errors(Captured, value).First()
  if (wrong !== undefined) throw new Error(`not a captured sync: ${wrong.path || '/'} ${wrong.message}`)
  return value as CapturedSync
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { image: { type: 'string', default: defaultImage } },
  })
  const [file] = positionals
  if (file === undefined) throw new Error(usage)
  const plan = await replayFile(file, values.image)
  process.stdout.write(`${JSON.stringify(plan, undefined, 2)}\n`)
}

async function replayFile(file: string, image: string): Promise<SyncPlan> {
  try {
    return replay(parseCaptured(await readFile(file, 'utf8')), image)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${file}: ${reason}\n${usage}`, { cause: error })
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  })
}
