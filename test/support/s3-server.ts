// An object store for tests: s3rver as a process of its own, or the store that S3_TEST_ENDPOINT names, under a random path.
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialKeys, type S3Location } from '../../instance/artifact.ts'
import type { Lifetime } from './lifetime.ts'
import { authorityFor, type Authority } from './s3-authority.ts'
import { externalStore, type ExternalStore } from './s3-external.ts'
import { objectSuffix, uploadsFolder, type StoreOptions } from './s3-rver.ts'

export interface S3Server {
  readonly endpoint: string
  readonly bucket: string
  readonly credentials: S3Credentials
  /** Where it keeps its objects; undefined when it is not our own. */
  readonly folder: string | undefined
  /** PEM, with `tls`. */
  readonly authority: string | undefined
  location(changes?: Partial<S3Location>): S3Location
  /** As a mounted Secret: one file per key, in the spelling of that number. Also `ca.crt`, with `tls`. Returns the directory. */
  writeCredentials(directory?: string, spelling?: number): string
  /** Under the path of `location()`. */
  objects(): Promise<readonly { readonly key: string; readonly bytes: number }[]>
  /** Their upload ids. */
  unfinishedUploads(): Promise<readonly string[]>
  /** At the end of the test at the latest. */
  close(): Promise<void>
}

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface S3ServerOptions {
  readonly bucket?: string
  /** Needs the openssl program: see opensslMissing. */
  readonly tls?: boolean
  /** False: it overlooks If-None-Match, as some stores do. */
  readonly conditional?: boolean
  /** Of lists of uploads; 1000 when absent, as with S3. */
  readonly pageSize?: number
}

export async function s3Server(t: Lifetime, options: S3ServerOptions = {}): Promise<S3Server> {
  const external = options.tls || options.conditional === false ? undefined : externalStore(process.env)
  const scratch = mkdtempSync(join(tmpdir(), 's3-'))
  t.after(() => rmSync(scratch, { recursive: true, force: true }))
  return external === undefined ? ownServer(t, scratch, options) : externalServer(t, scratch, external)
}

async function ownServer(t: Lifetime, scratch: string, options: S3ServerOptions): Promise<S3Server> {
  const { bucket = 'backups', tls = false, conditional = true, pageSize = 1000 } = options
  const folder = join(scratch, 'store')
  const credentials = { accessKeyId: `AK${randomBytes(9).toString('hex')}`, secretAccessKey: randomUUID() }
  const authority = tls ? authorityFor(scratch) : undefined
  const program = await startProgram({
    folder,
    bucket,
    ...credentials,
    conditional,
    pageSize,
    ...certificate(authority),
  })
  t.after(() => program.close())
  const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${program.port}`
  return {
    endpoint,
    bucket,
    credentials,
    folder,
    authority: authority?.certificate,
    location: (changes = {}) => ({ bucket, path: 'redis', endpoint, ...changes }),
    writeCredentials: writer(scratch, credentials, authority?.certificate),
    objects: () => Promise.resolve(objectsIn(join(folder, bucket))),
    unfinishedUploads: () => Promise.resolve(namesIn(join(folder, bucket, uploadsFolder))),
    close: () => program.close(),
  }
}

function externalServer(t: Lifetime, scratch: string, store: ExternalStore): S3Server {
  const path = `test-${randomUUID()}`
  const { endpoint, bucket, credentials } = store
  t.after(() => store.empty(path))
  return {
    endpoint,
    bucket,
    credentials,
    folder: undefined,
    authority: undefined,
    location: (changes = {}) => ({ bucket, path, endpoint, ...changes }),
    writeCredentials: writer(scratch, credentials, undefined),
    objects: () => store.objects(path),
    unfinishedUploads: () => store.unfinishedUploads(path),
    close: () => Promise.resolve(),
  }
}

interface Program {
  readonly port: number
  close(): Promise<void>
}

async function startProgram(options: StoreOptions): Promise<Program> {
  const file = join(import.meta.dirname, 's3-rver.ts')
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  child.stdin.write(`${JSON.stringify(options)}\n`)
  const first = once(child.stdout.setEncoding('utf8'), 'data') as Promise<[string]>
  const [port] = await Promise.race([first, gone.then(() => ['the store did not start'] as const)])
  if (!/^\d+$/.test(port.trim())) throw new Error(port)
  return {
    port: Number(port),
    async close() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

const certificate = (authority: Authority | undefined): Pick<StoreOptions, 'key' | 'cert'> =>
  authority === undefined ? {} : { key: authority.serverKey, cert: authority.serverCertificate }

function writer(
  scratch: string,
  credentials: S3Credentials,
  authority?: string,
): S3Server['writeCredentials'] {
  return (directory = mkdtempSync(join(scratch, 'credentials-')), spelling = 0) => {
    for (const key of ['accessKeyId', 'secretAccessKey'] as const)
      writeFileSync(join(directory, credentialKeys[key][spelling] ?? key), `${credentials[key]}\n`)
    if (authority !== undefined) writeFileSync(join(directory, 'ca.crt'), authority)
    return directory
  }
}

function objectsIn(folder: string): readonly { readonly key: string; readonly bytes: number }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(objectSuffix))
    .map((file) => ({ key: file.slice(0, -objectSuffix.length), bytes: statSync(join(folder, file)).size }))
}

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** What an object holds, on the disk of our own store. */
export function contentOf(server: S3Server, key: string): Buffer {
  if (server.folder === undefined) throw new Error('only the disk of our own store can be looked at')
  return readFileSync(join(server.folder, server.bucket, key + objectSuffix))
}
