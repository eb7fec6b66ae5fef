// Who may import whom: arrows point inwards, the core reaches nothing outside, the halves meet in two files.
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
  /^(@sinclair\/typebox|metacontroller\/(contract|leftovers)\.ts|instance\/(api|ballot)\.ts|hooks\/(kubernetes|crd)\.ts|hooks\/rediscluster\/)/

/** The first rule whose `from` matches decides. */
const rules: readonly Rule[] = [
  { from: /^instance\/(api|ballot)\.ts$/, to: /^(@sinclair\/typebox(\/value)?$|instance\/ballot\.ts$)/ },
  { from: /^instance\/reign\//, to: /^instance\/((api|ballot)\.ts|reign\/)/ },
  {
    from: /^instance\//,
    to: /^(instance\/|node:|fastify$|@fastify\/|@sinclair\/|ioredis$|pino$|prom-client$)/,
  },
  { from: /^metacontroller\//, to: /^metacontroller\// },
  { from: /^hooks\/(kubernetes|crd)\.ts$/, to: /^(@sinclair\/typebox$|metacontroller\/contract\.ts$)/ },
  { from: /^hooks\/rediscluster\//, to: core },
  {
    from: /^hooks\/io\//,
    to: /^(hooks\/io\/|hooks\/rediscluster\/(plan|observed|recorded|text-hash)\.ts|instance\/(api|ballot)\.ts|metacontroller\/contract\.ts|node:|undici$|@sinclair\/|prom-client$)/,
  },
  {
    from: /^hooks\//,
    to: /^(hooks\/|instance\/(api|ballot)\.ts|metacontroller\/|node:|fastify$|@fastify\/|@sinclair\/|undici$|pino$|yaml$)/,
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
      ['instance/reign/rules.ts', "import { Redis } from 'ioredis'"],
      ['hooks/server.ts', "import { Engine } from '../instance/engine.ts'"],
      ['instance/engine.ts', "import { sync } from '../hooks/rediscluster/sync.ts'"],
    ] as const
    for (const [file, text] of cases) assert.equal(brokenArrows(file, text).length, 1, file)
  })
})
