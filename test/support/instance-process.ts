// A real instance server with a real redis-server, on a loopback address of its own, with its mounts as folders.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { Redis } from 'ioredis'
import {
  controlKeys,
  instancePort,
  mounts,
  passwordKey,
  type Chosen,
  type HeartbeatAnswer,
  type InstanceStatus,
  type Problem,
} from '../../instance/api.ts'
import type { Proof, Reign, Term } from '../../instance/ballot.ts'
import { lockFileName } from '../../instance/volume-lock.ts'
import { eventually } from '../e2e/eventually.ts'
import { clusterUID, startFakeApi, type FakeApi } from './kubernetes-api.ts'

export const ownUID = 'u0'
export const podName = 'cache-0'
export const token = 'control-token'
export const password = 'application-password'

export interface Answer {
  readonly status: number
  readonly body: InstanceStatus & Problem & HeartbeatAnswer
}

export interface InstanceProcess {
  readonly pod: string
  readonly uid: string
  readonly ip: string
  readonly root: string
  readonly api: FakeApi
  readonly flags: readonly string[]
  start(): Promise<void>
  /** Starts without waiting for redis-server. */
  spawn(): ChildProcess
  kill(name: NodeJS.Signals): Promise<void>
  redisPid(): number
  status(): Promise<InstanceStatus>
  post(
    path: string,
    query?: Record<string, string>,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  fence(epoch: number, target?: string): Promise<Answer>
  /** As chosen for what it reports at this moment. */
  promote(epoch: number, proofs?: readonly Proof[]): Promise<Answer>
  /** Promotes until it is open: on a busy machine a live read may be too old the first time. */
  open(epoch: number): Promise<void>
  /** A client of the application. */
  client(secret?: string): Redis
}

export interface Place {
  /** The API that others use, too; then it is not changed. */
  readonly api?: FakeApi
  readonly ordinal?: number
  /** Beside those of its identity. */
  readonly flags?: (root: string) => readonly string[]
}

let instances = 0

/** Fresh volume, fresh API that names this Pod as the target of epoch 1, alone; everything ends with the test. */
export async function instanceProcess(t: TestContext, place: Place = {}): Promise<InstanceProcess> {
  instances += 1
  const { ordinal = 0 } = place
  const [pod, uid] = [`cache-${ordinal}`, `u${ordinal}`]
  // Of this test process alone: two that shared an address would take each other's instances for their own.
  const ip = `127.${60 + ((process.pid >> 8) % 60)}.${process.pid & 255}.${instances}`
  const root = mkdtempSync(join(tmpdir(), 'ri-'))
  const api = place.api ?? (await startFakeApi())
  api.pods.set(pod, { uid, ip, annotations: {} })
  if (place.api === undefined) api.reign = target(1)
  writeMounts(root)
  let child: ChildProcess | undefined
  const clients: Redis[] = []
  const instance: InstanceProcess = {
    pod,
    uid,
    ip,
    root,
    api,
    flags: place.flags?.(root) ?? [],
    spawn: () => (child = spawnInstance(instance)),
    async start() {
      instance.spawn()
      await eventually(
        'redis-server answers',
        async () => ((await instance.status()).redis.state === 'running' ? true : undefined),
        20,
      )
    },
    async kill(name) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(name)
      await ended
    },
    redisPid: () => redisPidAt(ip),
    status: async () =>
      (await (await fetch(`http://${ip}:${instancePort}/v1/status`)).json()) as InstanceStatus,
    async post(path, query = {}, body, headers = { authorization: `Bearer ${token}` }) {
      const parameters = new URLSearchParams(query).toString()
      const url = `http://${ip}:${instancePort}${path}${parameters === '' ? '' : `?${parameters}`}`
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const answer = await fetch(url, { method: 'POST', headers: { ...headers, ...type }, ...json })
      return { status: answer.status, body: (await answer.json()) as Answer['body'] }
    },
    fence: (epoch, to = uid) =>
      instance.post('/v1/fence', { cluster: clusterUID, pod: uid, epoch: String(epoch), target: to }),
    async promote(epoch, proofs = []) {
      const chosen = chosenFor(await instance.status())
      const query = { cluster: clusterUID, pod: uid, epoch: String(epoch) }
      return await instance.post('/v1/promote', query, { proofs, chosen })
    },
    async open(epoch) {
      await eventually(`it opens for epoch ${epoch}`, async () => {
        const { status, body } = await instance.promote(epoch)
        if (status !== 200) throw new Error(body.detail)
        return true
      })
    },
    client(secret = password) {
      const retryStrategy = (): number => 50
      const client = new Redis({
        host: ip,
        port: 6379,
        password: secret,
        commandTimeout: 3000,
        maxRetriesPerRequest: 0,
        retryStrategy,
      })
      client.on('error', () => undefined)
      clients.push(client)
      return client
    },
  }
  t.after(async () => {
    for (const client of clients) client.disconnect()
    await instance.kill('SIGKILL')
    killRedisAt(ip)
    if (place.api === undefined) await api.close()
    rmSync(root, { recursive: true, force: true })
  })
  return instance
}

export const identity = { cluster: clusterUID, pod: ownUID }

/** Patient enough for a busy machine. */
export const term = (members: readonly string[], more: Partial<Term> = {}): Term => ({
  members: [...members],
  minSyncReplicas: 0,
  isolation: true,
  apiServerTimeoutSeconds: 10,
  peerTimeoutSeconds: 10,
  ...more,
})

/** The first Pod is to be primary of `epoch`. */
export const target = (epoch: number, more: Reign = {}): Reign => ({
  targetPrimary: podName,
  targetPrimaryUID: ownUID,
  primaryEpoch: epoch,
  terms: [term([ownUID])],
  ...more,
})

/** As another process on the same volume would; resolves once it is held, with how to let go. */
export async function holdVolume(t: TestContext, { root }: InstanceProcess): Promise<() => void> {
  const lock = join(root + mounts.data, lockFileName)
  const holder = spawn('flock', ['--exclusive', lock, 'sh', '-c', 'echo held; read -r _'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const release = (): void => void holder.stdin.end()
  t.after(release)
  await once(holder.stdout, 'data')
  return release
}

export const chosenFor = ({ dataEpoch, position, restarted }: InstanceStatus): Chosen => ({
  dataEpoch,
  offsetBytes: position.offsetBytes,
  restarted,
})

export type Rotated = Partial<Record<'application' | 'replication' | 'instance', string>>

export function writeMounts(
  root: string,
  { application = password, replication = 'r-password', instance = 'i-password' }: Rotated = {},
): void {
  const write = (folder: string, name: string, content: string): void => {
    mkdirSync(root + folder, { recursive: true })
    writeFileSync(join(root + folder, name), content)
  }
  mkdirSync(root + mounts.data, { recursive: true })
  write(mounts.config, 'redis.conf', 'appendonly yes\nsave ""\nappendfsync everysec\n')
  write(mounts.projected, passwordKey, application)
  write(mounts.control, controlKeys.token, token)
  write(mounts.control, controlKeys.replicationPassword, replication)
  write(mounts.control, controlKeys.instancePassword, instance)
  write(mounts.serviceAccount, 'token', 'pod-token')
}

function spawnInstance({ pod, uid, ip, root, api, flags: more }: InstanceProcess): ChildProcess {
  const main = resolve(import.meta.dirname, '../../instance/main.ts')
  const flags = [
    `--root=${root}`,
    `--listen=${ip}`,
    `--kubernetes-api=${api.url}`,
    '--cluster=cache',
    `--cluster-uid=${clusterUID}`,
    '--namespace=shop',
    `--pod=${pod}`,
    `--pod-uid=${uid}`,
    `--pod-ip=${ip}`,
    '--log-level=warn',
    ...more,
  ]
  return spawn(process.execPath, [main, 'instance', ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

function redisPidAt(ip: string): number {
  const pid = readdirSync('/proc').find(
    (entry) => /^[0-9]+$/.test(entry) && commandOf(entry).startsWith(`redis-server ${ip}:`),
  )
  if (pid === undefined) throw new Error(`no redis-server listens on ${ip}`)
  return Number(pid)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** A test that kills the instance server leaves its redis-server behind, for there is no container here. */
function killRedisAt(ip: string): void {
  try {
    process.kill(redisPidAt(ip), 'SIGKILL')
  } catch {
    // None was left.
  }
}
