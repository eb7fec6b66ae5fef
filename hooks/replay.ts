// npm run replay -- file.json: a captured sync in, the plan out. "Why did it do that?" can be asked again, and changed.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { CapturedSync } from './io/capture.ts'
import type { SyncPlan } from './rediscluster/plan.ts'
import { sync } from './rediscluster/sync.ts'

export function replay(captured: CapturedSync, image: string): SyncPlan {
  const { request, reports, now, entropy } = captured
  return sync(request, reports, new Date(now), entropy, { image })
}

/** Throws with what is wrong and what the file should be. */
export function parseCaptured(text: string): CapturedSync {
  const value = JSON.parse(text) as Partial<CapturedSync>
  const { kind, request, reports, now, entropy } = value
  if (kind !== 'RedisCluster' || !request || !reports || !now || !entropy) {
    throw new Error('not a captured sync: it needs kind "RedisCluster", request, reports, now and entropy')
  }
  return { kind, request, reports, now, entropy }
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { image: { type: 'string', default: 'redis-operator:latest' } },
  })
  const [file] = positionals
  if (file === undefined) throw new Error('usage: npm run replay -- file.json [--image IMAGE]')
  const plan = replay(parseCaptured(await readFile(file, 'utf8')), values.image)
  process.stdout.write(`${JSON.stringify(plan, undefined, 2)}\n`)
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  })
}
