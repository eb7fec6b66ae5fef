// Docs and code agree: words, orders, defaults, endpoints, commands and links are read out of both, and compared.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { metacontrollerRole } from '../hooks/install/access.ts'
import { flags, metacontrollerVersion } from '../hooks/install/metacontroller.ts'
import { oldestKubernetes } from '../hooks/install/chart.ts'
import { desiredRole } from '../hooks/rediscluster/children/access.ts'
import { blueprintOf } from '../hooks/rediscluster/blueprint.ts'
import { annotations } from '../hooks/rediscluster/names.ts'
import * as timings from '../hooks/rediscluster/timings.ts'
import { paths } from '../instance/api.ts'
import { marginSeconds } from '../instance/ballot.ts'
import { feedEveryMs, silentSeconds } from '../instance/watchdog.ts'
import { entropy, image, request } from './support/builders.ts'

const root = resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const runbook = read('docs/failover.md')
const readme = read('README.md')
const install = read('docs/install.md')
const pages = {
  'docs/failover.md': runbook,
  'docs/image.md': read('docs/image.md'),
  'docs/install.md': install,
  'README.md': readme,
}

/** What stands under a heading of the second level, up to the next one. */
function section(page: string, heading: string): string {
  const [, after = ''] = page.split(`\n## ${heading}\n`)
  assert.notEqual(after, '', `there is no section ${heading}`)
  return after.split('\n## ')[0] ?? ''
}

/** The rows of every table in the text, as cells. */
function rows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .map((cells) => cells.slice(1, -1))
}

function rowOf(text: string, first: string): readonly string[] {
  const row = rows(text).find(([name]) => name === first)
  assert.ok(row, `no row for ${first}`)
  return row
}

/** The kinds of the union, as the source spells them. */
function situationWords(): readonly string[] {
  const [, union = ''] =
    /export type Situation =\n(.*?)\n\n/s.exec(read('hooks/rediscluster/primary.ts')) ?? []
  const kinds = [...union.matchAll(/readonly kind: ((?:'\w+'(?: \| )?)+)/g)].map(([, words]) => words ?? '')
  return kinds.flatMap((words) => [...words.matchAll(/\w+/g)].map(([word]) => word)).sort()
}

/** What the operator writes itself, on Pods; people write all the others, on a RedisCluster. */
const written = ['template', 'config']
const orders = Object.entries(annotations).filter(([key]) => !written.includes(key))

describe('docs/failover.md', () => {
  it('has a row for every situation, and for nothing else', () => {
    const words = rows(section(runbook, 'Situations')).map(([word = '']) => word)
    const told = words.filter((word) => /^[A-Z]/.test(word)).sort()
    assert.ok(told.length > 10)
    assert.deepEqual(told, situationWords())
  })

  for (const [key, name] of orders)
    it(`has a command for ${name}`, () => {
      const commands = section(runbook, 'Orders').match(/^kubectl annotate rediscluster .*$/gm) ?? []
      assert.ok(
        commands.some((command) => command.includes(`${name}=`)),
        key,
      )
    })

  it('quotes every default that a spec may change', () => {
    const table = section(runbook, 'Timings')
    for (const [field, value] of Object.entries(timings.defaults)) {
      const group = field.endsWith('Timeout') ? 'primaryIsolation' : 'failover'
      assert.equal(rowOf(table, `${group}.${field}`)[1], value)
    }
  })

  it('quotes every constant', () => {
    const table = section(runbook, 'Timings')
    const seconds = Object.entries({ ...timings, marginSeconds }).flatMap(([name, value]) =>
      typeof value === 'number' ? [[name, value] as const] : [],
    )
    assert.ok(seconds.length > 3)
    for (const [name, value] of seconds) assert.equal(rowOf(table, name)[1], `${value} s`)
    const pauses = Object.entries(timings.resync).map(([name, value]) => `${name} ${value} s`)
    assert.equal(rowOf(table, 'resync')[1], pauses.join(', '))
    assert.equal(rowOf(table, 'watchdog')[1], `${silentSeconds} s, fed every ${feedEveryMs / 1000} s`)
  })
})

interface AccessRule {
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

describe('docs/install.md', () => {
  const told = rows(section(install, 'What each part may do')).slice(1)
  const rights = (who: string): readonly string[] =>
    told
      .filter(([first]) => first === who)
      .flatMap(([, resources = '', verbs = '']) =>
        resources
          .replace(/ \(.*\)/, '')
          .split(', ')
          .map((resource) => `${resource}: ${verbs}`),
      )
  const granted = (rules: readonly AccessRule[]): readonly string[] =>
    rules.flatMap(({ resources, verbs }) => resources.map((resource) => `${resource}: ${verbs.join(', ')}`))

  it('lists every right of an instance, and of Metacontroller', () => {
    const role = desiredRole(blueprintOf(request(), entropy, image), []) as unknown as {
      rules: readonly AccessRule[]
    }
    const wide = metacontrollerRole() as { rules: readonly AccessRule[] }
    assert.deepEqual([...rights('instance')].sort(), [...granted(role.rules)].sort())
    assert.deepEqual([...rights('Metacontroller')].sort(), [...granted(wide.rules)].sort())
  })

  it('names the versions that the manifests are made for, and the flags with their reasons', () => {
    const versions = section(install, 'Versions')
    assert.equal(rowOf(versions, 'Metacontroller')[1], metacontrollerVersion)
    assert.ok(rowOf(versions, 'Kubernetes')[1]?.startsWith(`${oldestKubernetes} to `))
    assert.ok(read('metacontroller/install/kustomization.yaml').includes(`?ref=${metacontrollerVersion}\n`))
    assert.ok(install.includes(`--version ${metacontrollerVersion.slice(1)} `))
    const reasons = section(install, 'Why two Metacontrollers, and fast ones')
    for (const flag of flags.filter((each) => !/zap|discovery/.test(each)))
      assert.ok(reasons.includes(flag), flag)
  })
})

describe('README.md', () => {
  it('has a row for every endpoint of an instance', () => {
    const told = rows(section(readme, 'The instance API')).map(([endpoint = '']) => endpoint)
    for (const path of Object.values(paths))
      assert.ok(
        told.some((endpoint) => /^(?:GET|POST) ([^? ]+)/.exec(endpoint)?.[1] === path),
        path,
      )
  })
})

for (const [file, text] of Object.entries(pages))
  describe(`every page: ${file}`, () => {
    it('mentions only npm scripts that exist', () => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
      const told = [...text.matchAll(/npm (?:run )?(?:--silent )?([a-z][\w:]*)/g)].map(
        ([, name = '']) => name,
      )
      assert.ok(told.length > 0)
      assert.deepEqual(
        told.filter((name) => name !== 'ci' && scripts[name] === undefined),
        [],
      )
    })

    it('links only to what is there', () => {
      const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target)
      assert.deepEqual(
        links.filter((target) => !existsSync(join(root, dirname(file), target))),
        [],
      )
    })
  })
