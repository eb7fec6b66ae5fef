// An instance whose cluster is to be born from a backup: its artifact in an object store behind a faulty network, and its volume.
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { mounts, type InstanceStatus } from '../../instance/api.ts'
import { artifacts, type Bootstrap, type RestoreReport } from '../../instance/artifact.ts'
import { openS3 } from '../../instance/backup/s3.ts'
import { logFolder } from '../../instance/redis/append-only.ts'
import { eventually } from '../e2e/eventually.ts'
import { sha256Of, type TestArtifact } from './artifacts.ts'
import { instanceProcess, target, type InstanceProcess } from './instance-process.ts'
import { s3Proxy, type S3Proxy } from './s3-proxy.ts'
import { s3Server } from './s3-server.ts'

export interface RestoreStage {
  readonly instance: InstanceProcess
  readonly store: S3Proxy
  readonly bootstrap: Bootstrap
  /** The data volume. */
  readonly data: string
  /** Whether it holds a dataset, as redis-server sees it. */
  hasData(): boolean
  report(): Promise<RestoreReport | undefined>
  /** Resolves with the report that it has come to this state. */
  reaches(state: RestoreReport['state'], seconds?: number): Promise<RestoreReport>
  /** Resolves once redis-server answers. */
  serves(): Promise<InstanceStatus>
  /** Makes it the first primary, as the hooks do. */
  isBorn(): Promise<void>
}

/** Nothing is started, and the status says what to restore; `changes` to what it says. */
export async function restoreStage(
  t: TestContext,
  { artifactType, content }: Pick<TestArtifact, 'artifactType' | 'content'>,
  changes: Partial<Bootstrap> = {},
  flags: (root: string) => readonly string[] = () => [],
): Promise<RestoreStage> {
  const server = await s3Server(t)
  const store = await s3Proxy(t, server.endpoint)
  const instance = await instanceProcess(t, { flags: (root) => ['--bootstrap', ...flags(root)] })
  const { api, root } = instance
  const credentials = root + mounts.backupCredentials
  mkdirSync(credentials, { recursive: true })
  server.writeCredentials(credentials)
  const s3 = server.location({ endpoint: store.endpoint })
  const method = artifactType === 'rdb' ? artifacts.rdb : artifacts.aof
  const objectKey = `${s3.path ?? ''}/nightly${method.suffix}`
  await put(server.location(), credentials, objectKey, content)
  const checksumSHA256 = sha256Of(content)
  const bootstrap = { id: 'b1', pod: instance.pod, s3, objectKey, artifactType, checksumSHA256, ...changes }
  api.reign = {}
  api.bootstrap = bootstrap
  const data = root + mounts.data
  const report = async (): Promise<RestoreReport | undefined> => (await instance.status()).restore
  return {
    instance,
    store,
    bootstrap,
    data,
    hasData: () => existsSync(join(data, logFolder)) && readdirSync(join(data, logFolder)).length > 0,
    report,
    reaches: (state, seconds) =>
      eventually(
        `the restore is ${state}`,
        async () => {
          const seen = await report()
          if (seen?.state === state) return seen
          throw new Error(JSON.stringify(seen))
        },
        seconds,
      ),
    serves: () =>
      eventually('redis-server answers', async () => {
        const status = await instance.status()
        if (status.redis.state === 'running' && !status.redis.loading) return status
        throw new Error(JSON.stringify(status.redis))
      }),
    async isBorn() {
      api.reign = target(1)
      await instance.open(1)
    },
  }
}

async function put(
  location: Bootstrap['s3'],
  credentials: string,
  key: string,
  content: Buffer,
): Promise<void> {
  const store = await openS3(location, credentials)
  await store.put(key, Readable.from([content]), {
    totalBytes: content.length,
    metadata: {},
    contentType: 'application/octet-stream',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  store.close()
}
