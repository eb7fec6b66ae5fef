// A real instance server with a real redis-server that is primary, an object store, and a network between that can be faulty.
import { mkdirSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { instancePort, mounts, paths, type Problem } from '../../instance/api.ts'
import type { BackupAnswer, BackupReport, BackupRequest } from '../../instance/artifact.ts'
import { eventually } from '../e2e/eventually.ts'
import { identity, instanceProcess, token, type InstanceProcess } from './instance-process.ts'
import { s3Proxy, type S3Proxy } from './s3-proxy.ts'
import { s3Server, type S3Server } from './s3-server.ts'

export interface BackupAnswered {
  readonly status: number
  readonly headers: Headers
  readonly body: BackupReport & BackupAnswer & Problem
}

export interface Call {
  readonly query?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

export interface BackupProcess {
  readonly instance: InstanceProcess
  readonly store: S3Server
  readonly proxy: S3Proxy
  request(more?: Partial<BackupRequest>): BackupRequest
  /** Waits for the end. */
  post(request: BackupRequest, call?: Call): Promise<BackupAnswered>
  /** Comes back at once. */
  begin(request: BackupRequest): Promise<BackupAnswered>
  look(name: string, call?: Call): Promise<BackupAnswered>
  remove(name: string, call?: Call): Promise<BackupAnswered>
  /** Resolves with the last report. */
  finished(name: string): Promise<BackupReport>
}

export const bearer = { authorization: `Bearer ${token}` }

export interface BackupPlace {
  readonly flags?: (root: string) => readonly string[]
  /** Before the instance starts. */
  readonly prepare?: (root: string) => void
}

export async function backupProcess(
  t: TestContext,
  { flags, prepare }: BackupPlace = {},
): Promise<BackupProcess> {
  const store = await s3Server(t)
  const proxy = await s3Proxy(t, store.endpoint)
  const instance = await instanceProcess(t, { ...(flags && { flags }) })
  prepare?.(instance.root)
  const credentials = instance.root + mounts.backupCredentials
  mkdirSync(credentials, { recursive: true })
  store.writeCredentials(credentials)
  await instance.start()
  await instance.open(1)
  const call = async (
    method: string,
    path: string,
    { query = {}, headers = bearer, signal }: Call = {},
    body?: object,
  ): Promise<BackupAnswered> => {
    const url = `http://${instance.ip}:${instancePort}${path}?${new URLSearchParams(query).toString()}`
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const until = signal === undefined ? {} : { signal }
    const answer = await fetch(url, { method, headers: { ...headers, ...type }, ...json, ...until })
    return {
      status: answer.status,
      headers: answer.headers,
      body: (await answer.json()) as BackupAnswered['body'],
    }
  }
  const stage: BackupProcess = {
    instance,
    store,
    proxy,
    request: (more = {}) => ({
      backupName: 'nightly',
      backupUID: 'b1',
      method: 'rdb',
      destination: { s3: store.location({ endpoint: proxy.endpoint }) },
      ...more,
    }),
    post: (request, more = {}) => call('POST', paths.backup, { query: identity, ...more }, request),
    begin: (request) =>
      call(
        'POST',
        paths.backup,
        { query: identity, headers: { ...bearer, prefer: 'respond-async, wait=1' } },
        request,
      ),
    look: (name, more = { headers: {} }) => call('GET', `${paths.backups}/${name}`, more),
    remove: (name, more = {}) => call('DELETE', `${paths.backups}/${name}`, more),
    finished: (name) =>
      eventually(`${name} is finished`, async () => {
        const { body } = await stage.look(name)
        return body.phase === 'Running' ? undefined : body
      }),
  }
  return stage
}

/** Never resolves: whatever waits for it stays where it is. */
export const never = new Promise<never>(() => undefined)
