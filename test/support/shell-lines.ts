// Holds a shell line of the documentation against the code: conditions, annotations, fields of spec and status, files.
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import type { TObject } from '@sinclair/typebox'
import * as backup from '../../hooks/redisbackup/names.ts'
import { RedisBackupStatus } from '../../hooks/redisbackup/recorded.ts'
import { RedisBackupSpec } from '../../hooks/redisbackup/spec.ts'
import { annotations, labels } from '../../hooks/rediscluster/names.ts'
import { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'
import * as schedule from '../../hooks/redisscheduledbackup/names.ts'
import { RedisScheduledBackupStatus } from '../../hooks/redisscheduledbackup/recorded.ts'
import { RedisScheduledBackupSpec } from '../../hooks/redisscheduledbackup/spec.ts'
import { namespaceLabels } from '../../hooks/install/network.ts'
import { read, root } from './pages.ts'

interface Kind {
  readonly spec: TObject
  readonly status: TObject
}

const kinds: Readonly<Record<string, Kind>> = {
  rediscluster: { spec: RedisClusterSpec, status: RedisClusterStatus },
  redisbackup: { spec: RedisBackupSpec, status: RedisBackupStatus },
  redisscheduledbackup: { spec: RedisScheduledBackupSpec, status: RedisScheduledBackupStatus },
}

const conditions: readonly string[] = [
  ...Object.values(backup.conditionTypes),
  ...Object.values(schedule.conditionTypes),
  ...globSync('hooks/rediscluster/*.ts', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/\btype(?::| =) '([A-Z]\w+)'/g)].map(([, type = '']) => type),
  ),
]

const keys: readonly string[] = [
  ...Object.values({ ...annotations, ...labels, ...namespaceLabels }),
  schedule.scheduleLabel,
]

/** What is wrong with it, each as a sentence. */
export function whyWrong(line: string): readonly string[] {
  const kind = kinds[/\b(redisscheduledbackup|redisbackup|rediscluster)(?:s\b|[/ ])/.exec(line)?.[1] ?? '']
  const all = (pattern: RegExp): readonly string[] =>
    [...line.matchAll(pattern)].map(([, found = '']) => found)
  const unknown = (what: string, found: readonly string[], known: readonly string[]): readonly string[] =>
    found.filter((each) => !known.includes(each)).map((each) => `${line}: there is no ${what} ${each}`)
  const ours = kind === undefined ? [] : Object.keys(kind.status.properties)
  const told = kind === undefined ? [] : all(/\.status\.(\w+)/g)
  return [
    ...unknown('condition', all(/(?:condition=|type==")(\w+)/g).filter(isOurs(line)), conditions),
    ...unknown('label or annotation', all(/[ '"](redis\.io\/[\w-]+?)-?(?=[=' ]|$)/g), keys),
    ...unknown('field of the status', told, ours),
    ...unknown(
      'field of the spec',
      patched(line),
      kind === undefined ? [] : Object.keys(kind.spec.properties),
    ),
    ...all(/-[fk] ((?:examples|manifests|metacontroller)\S*)/g)
      .filter((file) => !existsSync(join(root, file)))
      .map((file) => `${line}: there is no ${file}`),
  ]
}

/** Other objects have conditions of their own. */
const isOurs = (line: string) => (): boolean => /redis(cluster|backup|scheduledbackup)/.test(line)

function patched(line: string): readonly string[] {
  const [, patch] = /--type merge -p '([^']+)'/.exec(line) ?? []
  return patch === undefined ? [] : Object.keys((JSON.parse(patch) as { spec: object }).spec)
}
