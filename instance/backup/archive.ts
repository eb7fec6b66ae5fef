// A tar.gz of the append-only files, streamed: the manifest first, so that whoever unpacks it knows at once what follows.
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import { pack, type Pack } from 'tar-stream'
import { streamOf, type OpenFile } from './snapshot.ts'

export interface Leaf {
  readonly name: string
  readonly text: string
}

const tarBlockBytes = 512
/** Deflate stores what it cannot make smaller, with a few bytes for each block. */
const gzipExtra = 0.001
const gzipExtraBytes = 64 * 1024
const fileMode = 0o600

/** Of gzip's output: the fewer the pieces, the less there is to do for each. */
const chunkSize = 256 * 1024

/** An upper bound. */
export function archiveBytes(manifest: string, files: readonly OpenFile[]): number {
  const sizes = [Buffer.byteLength(manifest), ...files.map(({ bytes }) => bytes)]
  const tar = sizes.reduce((sum, bytes) => sum + bytes + 2 * tarBlockBytes, 2 * tarBlockBytes)
  return Math.ceil(tar * (1 + gzipExtra)) + gzipExtraBytes
}

/** Each file with the size that was found: what is appended meanwhile is not in it. */
export function archive(folder: string, manifest: Leaf, files: readonly OpenFile[]): Readable {
  const tar = pack()
  const gzip = createGzip({ level: levelFor(files), chunkSize })
  // Either end that fails takes the other with it, and gzip tells whoever reads.
  void pipeline(tar, gzip).catch(() => undefined)
  void fill(tar, folder, manifest, files).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error('the archive could not be written'))
  })
  return gzip
}

/**
 * A base in RDB is as small as an rdb artifact already: gzip would take another seventh of it, for seven times the processor
 * time, which redis-server needs more. One that holds commands shrinks to a fraction.
 */
function levelFor(files: readonly OpenFile[]): number {
  const isText = files.some(({ name }) => name.endsWith('.base.aof'))
  return isText ? constants.Z_BEST_SPEED : constants.Z_NO_COMPRESSION
}

async function fill(tar: Pack, folder: string, manifest: Leaf, files: readonly OpenFile[]): Promise<void> {
  const mtime = new Date()
  tar.entry({ name: `${folder}/${manifest.name}`, mode: fileMode, mtime }, manifest.text)
  for (const file of files) {
    const header = { name: `${folder}/${file.name}`, size: file.bytes, mode: fileMode, mtime }
    if (file.bytes === 0) tar.entry(header, '')
    else await pipeline(streamOf(file), tar.entry(header))
  }
  tar.finalize()
}
