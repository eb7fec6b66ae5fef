// The base images that the Dockerfile names: the real ones, or stand-ins made of Debian packages where no registry can be reached.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execute, lastLine, type ContainerEngine } from './container-engine.ts'

export interface BaseImages {
  readonly redis: string
  readonly node: string
}

const dockerfile = readFileSync(resolve(import.meta.dirname, '../../Dockerfile'), 'utf8')

/** The default of a build argument. */
export function defaultOf(argument: string): string {
  const value = new RegExp(`^ARG ${argument}=(.+)$`, 'm').exec(dockerfile)?.[1]
  if (value === undefined) throw new Error(`the Dockerfile has no default for ${argument}`)
  return value
}

const standIns = {
  redis: 'localhost/redis-operator-stand-in/redis:bookworm',
  node: 'localhost/redis-operator-stand-in/node:24',
}
const longSeconds = 600

/**
 * By default those of the Dockerfile; variables of the same names choose others, as build arguments do. Stand-ins are
 * made once, and kept by the engine.
 */
export async function baseImages(engine: ContainerEngine): Promise<BaseImages> {
  const redis = await realOr(engine, 'REDIS_IMAGE', standIns.redis, makeRedis)
  // Some engines answer, but may start nothing: no reason to go on.
  await engine.run(['run', '--rm', '--network=none', '--entrypoint=true', redis])
  const node = await realOr(engine, 'NODE_IMAGE', standIns.node, makeNode)
  return { redis, node }
}

type Make = (engine: ContainerEngine, refusal: unknown) => Promise<void>

async function realOr(
  engine: ContainerEngine,
  argument: string,
  standIn: string,
  make: Make,
): Promise<string> {
  const chosen = process.env[argument]
  const real = chosen ?? defaultOf(argument)
  if (await has(engine, real)) return real
  try {
    await engine.run(['pull', real], { timeoutSeconds: longSeconds })
    return real
  } catch (error) {
    if (chosen !== undefined) throw error
    if (!(await has(engine, standIn))) await make(engine, error)
    return standIn
  }
}

const has = (engine: ContainerEngine, image: string): Promise<boolean> =>
  engine.run(['image', 'inspect', image]).then(
    () => true,
    () => false,
  )

/** Debian without anything that a slim image lacks; its Redis is not the real base's version. */
async function makeRedis(engine: ContainerEngine, refusal: unknown): Promise<void> {
  await inDirectory(async (directory) => {
    const options = ['--variant=minbase', '--include=redis-server,ca-certificates']
    const packages = [...options, 'bookworm', join(directory, 'root')]
    await execute('debootstrap', packages, { timeoutSeconds: longSeconds }).catch((error: unknown) => {
      const reasons = `${lastLine(refusal)}; debootstrap, for a stand-in: ${lastLine(error)}`
      throw new Error(`no base images: ${reasons}`, { cause: error })
    })
    const archive = join(directory, 'root.tar')
    await execute('tar', ['-C', join(directory, 'root'), '-cf', archive, '.'])
    await engine.run(['import', archive, standIns.redis], { timeoutSeconds: longSeconds })
  })
}

/** The same Debian with the Node of these tests, a npm, and the certificates by which this machine reaches npm's registry. */
async function makeNode(engine: ContainerEngine): Promise<void> {
  if (!(await has(engine, standIns.redis))) await makeRedis(engine, 'no Debian to put Node into')
  await inDirectory(async (directory) => {
    const archive = await execute('npm', ['pack', '--silent', '--pack-destination', directory, 'npm@11'])
    mkdirSync(join(directory, 'npm'))
    const unpack = ['-xzf', join(directory, archive.trim()), '--strip-components=1']
    await execute('tar', [...unpack, '-C', join(directory, 'npm')])
    copyFileSync(process.execPath, join(directory, 'node'))
    const certificates = process.env['NODE_EXTRA_CA_CERTS']
    if (certificates !== undefined && existsSync(certificates))
      copyFileSync(certificates, join(directory, 'npm/ca.crt'))
    writeFileSync(join(directory, 'Dockerfile'), nodeDockerfile)
    await engine.run(['build', '--tag', standIns.node, directory], { timeoutSeconds: longSeconds })
  })
}

const nodeDockerfile = `FROM ${standIns.redis}
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV NODE_EXTRA_CA_CERTS=/usr/local/lib/node_modules/npm/ca.crt
`

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'image-'))
  try {
    await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
