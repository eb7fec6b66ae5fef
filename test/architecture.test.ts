// Who may import whom: arrows point inwards, the core reaches nothing outside, the halves meet in four files.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { describe, it } from 'node:test'

interface Rule {
  readonly from: RegExp
  /** Where an import may lead: a path in the repository, or a package's name. */
  readonly to: RegExp
}

const core =
  /^(@sinclair\/typebox|metacontroller\/(contract|leftovers)\.ts|instance\/(api|artifact|ballot|directives)\.ts|hooks\/(kubernetes|crd|composite-controller)\.ts|hooks\/rediscluster\/)/

/** What kinds may have of each other: names, shapes and small helpers, never a decision. */
const leaves = String.raw`(names|schema|spec|recorded|resource|observed|event|plan|controller|quantity|text-hash)\.ts$`
const inner = String.raw`@sinclair\/typebox$|metacontroller\/contract\.ts$|instance\/(api|artifact|ballot|directives)\.ts$|hooks\/(kubernetes|crd|composite-controller)\.ts$`

/** The first rule whose `from` matches decides. */
const rules: readonly Rule[] = [
  {
    from: /^instance\/(api|artifact|ballot|directives)\.ts$/,
    to: /^(@sinclair\/typebox(\/value)?$|instance\/(artifact|ballot)\.ts$)/,
  },
  { from: /^instance\/reign\//, to: /^instance\/((api|artifact|ballot|directives)\.ts|reign\/)/ },
  {
    from: /^instance\//,
    to: /^(instance\/|node:|fastify$|@fastify\/|@sinclair\/|ioredis$|pino$|prom-client$|@aws-sdk\/|@smithy\/|tar-stream$)/,
  },
  { from: /^metacontroller\//, to: /^metacontroller\// },
  {
    from: /^hooks\/(kubernetes|crd|composite-controller)\.ts$/,
    to: /^(@sinclair\/typebox$|metacontroller\/contract\.ts$)/,
  },
  { from: /^hooks\/rediscluster\//, to: core },
  {
    from: /^hooks\/redisbackup\//,
    to: new RegExp(`^(${inner}|hooks/redisbackup/|hooks/rediscluster/${leaves})`),
  },
  {
    from: /^hooks\/redisscheduledbackup\//,
    to: new RegExp(
      `^(${inner}|cron-parser$|hooks/redisscheduledbackup/|hooks/(rediscluster|redisbackup)/${leaves})`,
    ),
  },
  {
    from: /^hooks\/io\//,
    to: /^(hooks\/io\/|hooks\/redis(cluster|backup)\/(event|plan|observed|recorded|text-hash)\.ts|instance\/(api|artifact|ballot|directives)\.ts|metacontroller\/contract\.ts|node:|undici$|@sinclair\/|prom-client$)/,
  },
  {
    from: /^hooks\//,
    to: /^(hooks\/|instance\/(api|artifact|ballot|directives)\.ts|metacontroller\/|node:|fastify$|@fastify\/|@sinclair\/|undici$|pino$|yaml$)/,
  },
  { from: /^test\/cluster\/.*(?<!\.test)\.ts$/, to: /^(test\/cluster\/|node:|undici$|yaml$)/ },
]

const root = resolve(import.meta.dirname, '..')

function importsOf(file: string, text: string): readonly string[] {
  const targets = [...text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  )
  return targets.map((target) => (target.startsWith('.') ? posix.join(posix.dirname(file), target) : target))
}

function brokenArrows(file: string, text: string): readonly string[] {
  const rule = rules.find(({ from }) => from.test(file))
  if (rule === undefined) return []
  return importsOf(file, text)
    .filter((target) => !rule.to.test(target))
    .map((target) => `${file} → ${target}`)
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => posix.join(folder, file))
}

describe('architecture', () => {
  it('every import follows the table', () => {
    const files = ['hooks', 'instance', 'metacontroller', 'test/cluster'].flatMap(sources)
    assert.ok(files.length > 50)
    assert.deepEqual(
      files.flatMap((file) => brokenArrows(file, readFileSync(join(root, file), 'utf8'))),
      [],
    )
  })

  it('would see a core that reaches out, and halves that meet elsewhere', () => {
    const cases = [
      ['hooks/rediscluster/primary.ts', "import { readFile } from 'node:fs'"],
      ['hooks/rediscluster/sync.ts', "import { pollInstances } from '../io/poll.ts'"],
      ['hooks/rediscluster/sync.ts', "import { sync } from '../redisbackup/sync.ts'"],
      ['hooks/redisbackup/sync.ts', "import { decide } from '../rediscluster/decide.ts'"],
      ['hooks/redisscheduledbackup/sync.ts', "import { sync } from '../redisbackup/sync.ts'"],
      ['instance/reign/rules.ts', "import { Redis } from 'ioredis'"],
      ['hooks/server.ts', "import { Engine } from '../instance/engine.ts'"],
      ['instance/engine.ts', "import { sync } from '../hooks/rediscluster/sync.ts'"],
    ] as const
    for (const [file, text] of cases) assert.equal(brokenArrows(file, text).length, 1, file)
  })
})
