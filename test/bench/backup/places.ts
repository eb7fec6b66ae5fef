// Where a bench of backups sends them: the object store of the tests, and a sink that takes everything and keeps nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialKeys, type S3Location } from '../../../instance/artifact.ts'
import type { Lifetime } from '../../support/lifetime.ts'
import { s3Server } from '../../support/s3-server.ts'

export interface StorePlace {
  readonly name: string
  readonly location: S3Location
  writeCredentials(directory?: string): string
}

export async function storePlaces(life: Lifetime): Promise<readonly StorePlace[]> {
  const server = await s3Server(life)
  return [
    { name: 'sink', ...(await sink(life)) },
    { name: 's3rver', location: server.location(), writeCredentials: server.writeCredentials },
  ]
}

async function sink(life: Lifetime): Promise<Omit<StorePlace, 'name'>> {
  const scratch = mkdtempSync(join(tmpdir(), 'rb-'))
  life.after(() => rmSync(scratch, { recursive: true, force: true }))
  const program = join(import.meta.dirname, 'sink.ts')
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  life.after(() => child.kill('SIGKILL'))
  const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  return {
    location: { bucket: 'backups', endpoint: `http://127.0.0.1:${port.trim()}` },
    writeCredentials(directory = mkdtempSync(join(scratch, 'c-'))) {
      for (const key of ['accessKeyId', 'secretAccessKey'] as const)
        writeFileSync(join(directory, credentialKeys[key][0]), 'anything')
      return directory
    },
  }
}
