// What a backup is compared with: Redis' own way to hand out its dataset, and the upload of the same bytes alone.
import { execFile } from 'node:child_process'
import { createReadStream, statSync } from 'node:fs'
import { promisify } from 'node:util'
import { openS3 } from '../../../instance/backup/s3.ts'
import type { ServedInstance } from './instance.ts'
import type { StorePlace } from './places.ts'

const run = promisify(execFile)

/** Returns the seconds it took. */
export async function redisCli({ ip, user, password }: ServedInstance, pipe: string): Promise<number> {
  const command = `set -o pipefail; redis-cli -h ${ip} --user ${user} --rdb - ${pipe}`
  const startedMs = performance.now()
  await run('bash', ['-c', command], { env: { ...process.env, REDISCLI_AUTH: password } })
  return (performance.now() - startedMs) / 1000
}

/** By this process, without Redis and without a checksum of the whole. Returns the seconds it took. */
export async function plainUpload({ location, writeCredentials }: StorePlace, file: string): Promise<number> {
  const store = await openS3(location, writeCredentials())
  const startedMs = performance.now()
  await store.put('plain', createReadStream(file, { highWaterMark: 2 ** 20 }), {
    totalBytes: statSync(file).size,
    metadata: {},
    contentType: 'application/octet-stream',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  const seconds = (performance.now() - startedMs) / 1000
  await store.remove('plain')
  store.close()
  return seconds
}

export async function removeObject({ location, writeCredentials }: StorePlace, key: string): Promise<void> {
  const store = await openS3(location, writeCredentials())
  await store.remove(key)
  store.close()
}
