// Docs and code agree: words, orders, defaults, endpoints, commands and links are read out of both, and compared.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { hooksRights, metacontrollerRole } from '../hooks/install/access.ts'
import { defaultSite } from '../hooks/install/site.ts'
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
import { read, root, rowOf, rows, section, shellLines } from './support/pages.ts'
import { whyWrong } from './support/shell-lines.ts'

const runbook = read('docs/failover.md')
const readme = read('README.md')
const install = read('docs/install.md')
const pages = {
  'docs/backup.md': read('docs/backup.md'),
  'docs/failover.md': runbook,
  'docs/image.md': read('docs/image.md'),
  'docs/install.md': install,
  'docs/memory.md': read('docs/memory.md'),
  'docs/operations.md': read('docs/operations.md'),
  'docs/runbooks.md': read('docs/runbooks.md'),
  'docs/salvage.md': read('docs/salvage.md'),
  'README.md': readme,
}

/** The kinds of the union, as the source spells them. */
function situationWords(): readonly string[] {
  const [, union = ''] =
    /export type Situation =\n(.*?)\n\n/s.exec(read('hooks/rediscluster/primary.ts')) ?? []
  const kinds = [...union.matchAll(/readonly kind: ((?:'\w+'(?: \| )?)+)/g)].map(([, words]) => words ?? '')
  return kinds.flatMap((words) => [...words.matchAll(/\w+/g)].map(([word]) => word)).sort()
}

/** What the operator writes itself, on Pods; people write all the others, on a RedisCluster. */
const written = ['template', 'config', 'mounted']
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

  it('lists every right of the hooks, of an instance, and of Metacontroller', () => {
    const role = desiredRole(blueprintOf(request(), entropy, image), []) as unknown as {
      rules: readonly AccessRule[]
    }
    const wide = metacontrollerRole() as { rules: readonly AccessRule[] }
    const [hooks] = hooksRights(defaultSite('')) as readonly [{ rules: readonly AccessRule[] }]
    assert.deepEqual(rights('hooks'), granted(hooks.rules))
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

describe('docs/events.md', () => {
  it('has every reason that an Event may have', () => {
    const folders = ['rediscluster', 'redisbackup', 'redisscheduledbackup'].map((each) => `hooks/${each}`)
    const sources = folders.flatMap((folder) =>
      readdirSync(join(root, folder)).flatMap((file) =>
        /events.ts$/.test(file) ? read(join(folder, file)) : [],
      ),
    )
    const reasons = sources.flatMap((text) =>
      [
        ...text.matchAll(
          /(?:normal|warning)\(\s*'(\w+)'|'((?:Failover|Switchover|Pod|ConnectionSecret)[A-Z]\w+)'/g,
        ),
      ].map(([, told, named]) => told ?? named ?? ''),
    )
    assert.ok(reasons.length > 20)
    const events = read('docs/events.md')
    assert.deepEqual(
      reasons.filter((reason) => !events.includes(`\`${reason}\``)),
      [],
    )
  })
})

describe('README.md', () => {
  it('has a row for every endpoint of an instance', () => {
    const told = rows(section(readme, 'The instance API')).map(([endpoint = '']) => endpoint)
    for (const path of Object.values(paths))
      assert.ok(
        told.some((endpoint) => /^(?:GET|POST) ([^? {]+?)[/]?(?:[? {]|$)/.exec(endpoint)?.[1] === path),
        path,
      )
  })
})

/** As GitHub makes them. */
const anchorsOf = (page: string): readonly string[] =>
  [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

for (const [file, text] of Object.entries(pages))
  describe(`every page: ${file}`, () => {
    it('mentions only npm scripts that exist', () => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
      const told = [...text.matchAll(/npm (?:run )?(?:--silent )?([a-z][\w:]*)/g)].map(
        ([, name = '']) => name,
      )
      assert.deepEqual(
        told.filter((name) => name !== 'ci' && scripts[name] === undefined),
        [],
      )
    })

    it('has only shell lines that fit the code', () => {
      assert.deepEqual(shellLines(text).flatMap(whyWrong), [])
    })

    it('links only to headings that are there', () => {
      const links = [...text.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)]
      const wrong = links.filter(([, page = '', anchor = '']) => {
        const target = page === '' ? text : read(join(dirname(file), page))
        return !anchorsOf(target).includes(anchor)
      })
      assert.deepEqual(
        wrong.map(([link]) => link),
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
