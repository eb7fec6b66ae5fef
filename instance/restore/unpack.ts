// Unpacks an archive of append-only files as it comes in: nothing but those files, in one folder, and not without bounds.
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { logFolder, manifestIn, manifestName } from '../redis/append-only.ts'
import { messageOf, RestoreFailure, size } from './failure.ts'

export interface Bounds {
  /** What unpacking may take on the volume. */
  readonly roomBytes: number
  /** What is still believable for an archive of this size. */
  readonly sensibleBytes: number
}

const fileName = /^appendonly\.aof\.[1-9][0-9]{0,15}\.(?:base\.(?:rdb|aof)|incr\.aof)$/
const mostFiles = 1000
const mostManifestBytes = 2 ** 20

/** Resolves when all that the archive's manifest names lies in `folder`, and nothing else. */
export async function unpack(source: Readable, folder: string, bounds: Bounds): Promise<void> {
  const log = join(folder, logFolder)
  await mkdir(log, { mode: 0o700 })
  const tar = extract()
  const refused: { because?: RestoreFailure } = {}
  const flow = pipeline(source, createGunzip(), bounded(bounds, refused), tar)
  // What stopped it first is told by the loop.
  flow.catch(() => undefined)
  try {
    let files = 0
    for await (const entry of tar) {
      const name = nameOf(entry.header)
      if (name === undefined) entry.resume()
      else if (++files > mostFiles) throw damaged(`it holds more than ${mostFiles} files`)
      else await pipeline(entry, createWriteStream(join(log, name), { flags: 'wx', mode: 0o600 }))
    }
    await flow
  } catch (error) {
    throw refused.because ?? (await explained(error, flow))
  }
  await checkManifest(log)
}

/** Undefined for the folder itself. */
function nameOf({ name, type, size: bytes }: Header): string | undefined {
  const shown = JSON.stringify(name.slice(0, 100))
  if (type === 'directory' && [logFolder, `${logFolder}/`].includes(name)) return undefined
  const [folder, file = '', ...more] = name.split('/')
  if (type !== 'file') throw damaged(`${shown} in it is a ${type}, not a file`)
  const isOfRedis = file === manifestName || fileName.test(file)
  if (folder !== logFolder || more.length > 0 || !isOfRedis)
    throw damaged(`${shown} in it is no append-only file of Redis`)
  if (file === manifestName && bytes > mostManifestBytes) throw damaged('its manifest is too large')
  return file
}

/** Counts all that comes out, also what is no file. */
function bounded({ roomBytes, sensibleBytes }: Bounds, refused: { because?: RestoreFailure }): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > sensibleBytes)
        refused.because = damaged(
          `unpacked it is larger than ${size(sensibleBytes)}, far more than its size suggests`,
        )
      else if (bytes > roomBytes)
        refused.because = new RestoreFailure(
          'NoRoom',
          `the data volume has no room for the unpacked archive, which is larger than ${size(roomBytes)}: enlarge spec.storage.size`,
        )
      done(refused.because ?? null, chunk)
    },
  })
}

async function explained(error: unknown, flow: Promise<void>): Promise<Error> {
  if (error instanceof RestoreFailure) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EEXIST') return damaged('it holds a file twice')
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return error as Error
  const cause: unknown = await flow.then(
    () => error,
    (failure: unknown) => failure,
  )
  return damaged(`it cannot be unpacked (${messageOf(cause)}): it was damaged, or is no .aof.tar.gz`)
}

/** It names what is there, and what is there is named: nothing was lost on the way, and nothing slipped in. */
async function checkManifest(log: string): Promise<void> {
  const manifest = await manifestIn(log)
  if (manifest === '') throw damaged('it has no manifest')
  const named = manifest
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => namedIn(line))
  const there = (await readdir(log)).filter((name) => name !== manifestName)
  const [missing] = named.filter((name) => !there.includes(name))
  if (missing !== undefined) throw damaged(`${missing} of its manifest is missing`)
  const [surplus] = there.filter((name) => !named.includes(name))
  if (surplus !== undefined) throw damaged(`its manifest does not name ${surplus}`)
}

function namedIn(line: string): string {
  const [, name = ''] = /^file (\S+) seq [0-9]{1,16} type [bih]$/.exec(line) ?? []
  if (fileName.test(name)) return name
  throw damaged(`its manifest has a line that cannot be read: ${JSON.stringify(line.slice(0, 100))}`)
}

const damaged = (what: string): RestoreFailure =>
  new RestoreFailure('Damaged', `the archive is refused: ${what}. Restore another backup`)

/** Of what the manifest names. */
export async function unpackedBytes(folder: string): Promise<number> {
  const log = join(folder, logFolder)
  const sizes = await Promise.all(
    (await readdir(log)).map(async (name) => (await stat(join(log, name))).size),
  )
  return sizes.reduce((sum, bytes) => sum + bytes, 0)
}
