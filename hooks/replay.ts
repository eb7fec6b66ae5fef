// npm run replay -- file.json: a captured sync in, the plan out. "Why did it do that?" can be asked again, and changed.
import { Type, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { CapturedBackupSync, CapturedSync } from './io/capture.ts'
import { kind as backupKind } from './redisbackup/names.ts'
import type { BackupPlan } from './redisbackup/plan.ts'
import { RedisBackupSpec } from './redisbackup/spec.ts'
import { sync as syncBackup } from './redisbackup/sync.ts'
import type { SyncPlan } from './rediscluster/plan.ts'
import { sync } from './rediscluster/sync.ts'
import { bodiesOf, SyncBody } from './requests.ts'

const reports = Type.Record(Type.String(), Type.Object({ kind: Type.String() }))
const circumstances = {
  now: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$' }),
  entropy: Type.String({ minLength: 1 }),
}

const Captured = Type.Object({
  kind: Type.Literal('RedisCluster'),
  request: SyncBody,
  reports,
  ...circumstances,
})

const CapturedBackup = Type.Object({
  kind: Type.Literal(backupKind),
  request: bodiesOf(backupKind, RedisBackupSpec).syncBody,
  reports: Type.Object({
    instances: reports,
    job: Type.Optional(Type.Object({ kind: Type.String() })),
  }),
  ...circumstances,
})

/** What the hooks run when nothing else is asked of them. */
export const defaultImage = 'redis-operator:latest'

const usage = 'usage: npm run replay -- file.json [--image IMAGE]'

export function replay(captured: CapturedSync, image: string): SyncPlan {
  const { request, reports, now, entropy } = captured
  return sync(request, reports, new Date(now), entropy, { image })
}

/** Of a RedisCluster. Throws with what is wrong and where. */
export function parseCaptured(text: string): CapturedSync {
  return parsed(text, Captured) as CapturedSync
}

/** Of any kind. Throws with what is wrong and where. */
export function replayText(text: string, image: string): SyncPlan | BackupPlan {
  const { kind } = (JSON.parse(text) ?? {}) as { kind?: unknown }
  if (kind !== backupKind) return replay(parseCaptured(text), image)
  const captured = parsed(text, CapturedBackup) as CapturedBackupSync
  return syncBackup(captured.request, captured.reports, new Date(captured.now))
}

function parsed(text: string, schema: TSchema): unknown {
  const value: unknown = JSON.parse(text)
  const wrong = Value.Errors(schema, value).First()
  if (wrong !== undefined) throw new Error(`not a captured sync: ${wrong.path || '/'} ${wrong.message}`)
  return value
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

async function replayFile(file: string, image: string): Promise<SyncPlan | BackupPlan> {
  try {
    return replayText(await readFile(file, 'utf8'), image)
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
