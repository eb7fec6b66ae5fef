// The image, built by the documented command and run as Pods run it, where docker or podman works.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { before, describe, it, type TestContext } from 'node:test'
import { blueprintOf } from '../hooks/rediscluster/blueprint.ts'
import { desiredPod } from '../hooks/rediscluster/children/pod.ts'
import { mounts, paths } from '../instance/api.ts'
import { silentSeconds } from '../instance/watchdog.ts'
import { baseImages, defaultOf, type BaseImages } from './support/base-images.ts'
import { entropy, request } from './support/builders.ts'
import { confinedContainer, type ConfinedContainer } from './support/confined-container.ts'
import { execute, findEngine, lastLine, type ContainerEngine } from './support/container-engine.ts'

/** Pulling or making base images comes before; what follows is a build and a few containers. */
const timeout = 20 * 60_000
const buildSeconds = 900
const image = 'localhost/redis-operator-test:latest'
const root = resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(resolve(root, file), 'utf8')
const { version, devDependencies } = JSON.parse(read('package.json')) as {
  version: string
  devDependencies: { node: string }
}

type Stage =
  | { readonly kind: 'Ready'; readonly engine: ContainerEngine; readonly bases: BaseImages }
  | { readonly kind: 'Missing'; readonly reason: string }

async function prepare(): Promise<Stage> {
  const found = await findEngine()
  if (found.kind === 'Missing') return found
  const { engine } = found
  try {
    return { kind: 'Ready', engine, bases: await baseImages(engine) }
  } catch (error) {
    return { kind: 'Missing', reason: `${engine.name} cannot be used here: ${lastLine(error)}` }
  }
}

interface PodSpecAsRun {
  readonly securityContext: Readonly<Record<'runAsUser' | 'runAsGroup' | 'fsGroup', number>>
  readonly containers: readonly [PodContainer]
}

interface PodContainer {
  readonly command: readonly [string, ...string[]]
  readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[]
}

const stage = await prepare()
const { spec } = desiredPod(blueprintOf(request({ pods: [] }), entropy, image), 0)
const { securityContext, containers } = spec as unknown as PodSpecAsRun
const [podContainer] = containers
const writable = podContainer.volumeMounts.flatMap(({ mountPath, readOnly }) => (readOnly ? [] : [mountPath]))

describe('the image', { timeout, skip: stage.kind === 'Missing' && stage.reason }, () => {
  if (stage.kind === 'Missing') return
  const { engine, bases } = stage
  const run = (...args: readonly string[]): Promise<string> =>
    engine.run(['run', '--rm', '--network=none', ...args])
  const inspect = async (name: string, format: string): Promise<string> =>
    (await engine.run(['image', 'inspect', `--format={{${format}}}`, name])).trim()
  const label = (name: string): Promise<string> =>
    inspect(image, `index .Config.Labels "org.opencontainers.image.${name}"`)
  // Volumes take the owner of the folder that they cover; a tmpfs does so with some engines only.
  const instance = (t: TestContext): Promise<ConfinedContainer> =>
    confinedContainer(t, engine, [...writable.map((path) => `--volume=${path}`), image, 'instance'])

  before(async () => {
    const args = Object.entries({ NODE_IMAGE: bases.node, REDIS_IMAGE: bases.redis })
    const buildArgs = args.flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
    const command = ['--prefix', root, 'run', 'image', '--', '--tag', image, ...buildArgs]
    await execute('npm', command, { timeoutSeconds: buildSeconds, env: { CONTAINER_ENGINE: engine.name } })
  })

  it('adds Node and three bundles to its base, and nothing else of weight', async (t) => {
    const base = Number(await inspect(bases.redis, '.Size'))
    const whole = Number(await inspect(image, '.Size'))
    const node = Number(await run('--entrypoint=stat', image, '--format=%s', '/usr/local/bin/node'))
    const rest = whole - base - node
    const sizes = [whole, base, node, rest].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`)
    t.diagnostic(`${bases.redis} and ${bases.node}: whole, base, Node, rest are ${sizes.join(', ')}`)
    assert.ok(rest < 5e6)
  })

  it('says what is in it, in its labels too', async () => {
    const [first, second = '', third = '', fourth = ''] = (await run(image, '--version')).split('\n')
    assert.equal(first, `redis-operator ${version}`)
    const [, revision] = /^revision {7}([0-9a-f]{40}(?:-dirty)?)$/.exec(second) ?? []
    assert.ok(revision, second)
    assert.match(third, /^node {11}v\d/)
    assert.match(fourth, /^redis-server {3}\S/)
    assert.deepEqual(
      [await label('version'), await label('revision'), await label('base.name')],
      [version, revision, bases.redis],
    )
  })

  it('without a role it helps, and an unknown role is refused', async () => {
    assert.match(await run(image), /^usage: redis-operator ROLE/)
    await assert.rejects(run(image, 'operator'), /'operator' is not a role/)
  })

  it('has the user of the Pods, and their command', async () => {
    const { runAsUser, runAsGroup, fsGroup } = securityContext
    assert.equal(await inspect(image, '.Config.User'), `${runAsUser}:${runAsGroup}`)
    assert.equal(fsGroup, runAsGroup)
    const [program, ...args] = podContainer.command
    assert.match(await run(`--entrypoint=${program}`, image, ...args, '--help'), /--cluster-uid/)
  })

  it('an instance serves with nothing to write to but the mounts that its Pod may write to', async (t) => {
    const container = await instance(t)
    await container.answers(paths.healthz)
    await container.redisAnswers()
    assert.deepEqual(writable, [mounts.data, mounts.run])
    for (const folder of writable) await container.exec('touch', `${folder}/written`)
    for (const folder of ['', '/opt/redis-operator', '/usr/local/bin'])
      await assert.rejects(container.exec('touch', `${folder}/written`), /Read-only file system/)
  })

  it('an instance is no root and has no capability', async (t) => {
    const container = await instance(t)
    await container.answers(paths.healthz)
    const facts = await container.exec('grep', '-E', '^(Uid|CapEff|CapBnd|NoNewPrivs):', '/proc/1/status')
    const { runAsUser: uid } = securityContext
    assert.deepEqual(facts.trim().split('\n'), [
      `Uid:\t${[uid, uid, uid, uid].join('\t')}`,
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000000',
      'NoNewPrivs:\t1',
    ])
  })

  it('an instance ends in order when it is told to', async (t) => {
    const container = await instance(t)
    await container.redisAnswers()
    await container.signal('TERM')
    assert.equal(await container.exitCode(), '0')
    await container.logged('redis-server ended with code 0')
  })

  it(`an instance that stalls for ${silentSeconds} s takes its redis-server with it`, async (t) => {
    const container = await instance(t)
    await container.redisAnswers()
    await container.signal('STOP')
    await container.redisIsSilent()
    await container.signal('CONT')
    await container.logged('redis-server ended with SIGKILL')
  })

  it('the hooks serve with nothing to write to', async (t) => {
    const container = await confinedContainer(t, engine, [image, 'hooks'])
    await container.answers('/healthz')
    await container.signal('TERM')
    assert.equal(await container.exitCode(), '0')
  })
})

describe('the Dockerfile', () => {
  it('starts from the images that docs/image.md names', () => {
    const page = read('docs/image.md')
    for (const argument of ['REDIS_IMAGE', 'NODE_IMAGE'])
      assert.ok(page.includes(`\`${defaultOf(argument)}\``), argument)
  })

  it('has the Node that the tests run with', () => {
    assert.equal(/^node:(\d+)-/.exec(defaultOf('NODE_IMAGE'))?.[1], devDependencies.node.split('.')[0])
  })
})
