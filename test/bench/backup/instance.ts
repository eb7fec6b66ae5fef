// The instance server as it ships, started by hand on a volume of its own, and what a backup of it costs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { controlKeys, instancePort, mounts, paths, redisPort } from '../../../instance/api.ts'
import type { BackupReport, BackupRequest } from '../../../instance/artifact.ts'
import { eventually } from '../../e2e/eventually.ts'
import { token, writeMounts } from '../../support/instance-process.ts'
import { launcher, path } from '../../support/launcher.ts'
import type { Lifetime } from '../../support/lifetime.ts'
import { cpuMsOf } from '../../support/process-facts.ts'

export interface ServedInstance {
  readonly ip: string
  /** Where its Secret with the store's credentials is mounted. */
  readonly credentials: string
  /** Who may read the whole dataset. */
  readonly user: string
  readonly password: string
  readonly redis: Redis
  backUp(request: BackupRequest): Promise<MeasuredBackup>
}

export interface MeasuredBackup {
  readonly seconds: number
  /** Of them, until redis-server had written its dataset down. */
  readonly snapshotSeconds: number
  /** Of the instance server; redis-server has its own. */
  readonly cpuSeconds: number
  /** Above what it was before the first backup of its life. */
  readonly peakMiB: number
  readonly report: BackupReport
}

/** The append-only file is rewritten by the backups only; the rest is what a cluster is given. */
const config = [
  ...['appendonly yes', 'save ""', 'repl-diskless-sync-delay 0', 'auto-aof-rewrite-percentage 0'],
  '',
].join('\n')

export async function serveInstance(life: Lifetime, ip: string): Promise<ServedInstance> {
  const root = mkdtempSync(join(tmpdir(), 'rb-'))
  life.after(() => rmSync(root, { recursive: true, force: true }))
  writeMounts(root)
  writeFileSync(`${root}${mounts.config}/redis.conf`, config)
  const credentials = root + mounts.backupCredentials
  mkdirSync(credentials, { recursive: true })
  const pid = await started(life, ip, root)
  const user = 'instance'
  const password = readFileSync(join(root + mounts.control, controlKeys.instancePassword), 'utf8')
  const redis = new Redis({ host: ip, port: redisPort, username: user, password })
  life.after(() => redis.disconnect())
  let idleMiB: number | undefined
  return {
    ...{ ip, credentials, user, password, redis },
    async backUp(request) {
      const beforeMiB = forgetPeak(pid)
      idleMiB ??= beforeMiB
      const cpuBeforeMs = cpuMsOf(pid)
      const timed = await finished(ip, request)
      return {
        ...timed,
        cpuSeconds: (cpuMsOf(pid) - cpuBeforeMs) / 1000,
        peakMiB: statusOf(pid, 'VmHWM') - idleMiB,
      }
    },
  }
}

/** Resolves when it takes writes, with its process. */
async function started(life: Lifetime, ip: string, root: string): Promise<number> {
  const flags = ['instance', `--root=${root}`, `--listen=${ip}`, '--log-level=error']
  const child = spawn(launcher, flags, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: path },
  })
  const ended = once(child, 'exit')
  life.after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const readyz = `http://${ip}:${instancePort}${paths.readyz}`
  await eventually('the instance is ready', async () => ((await fetch(readyz)).ok ? true : undefined))
  await call(ip, 'POST', paths.promote)
  return child.pid ?? 0
}

const longestSeconds = 600

async function finished(
  ip: string,
  request: BackupRequest,
): Promise<Pick<MeasuredBackup, 'seconds' | 'snapshotSeconds' | 'report'>> {
  const startedMs = performance.now()
  const since = (): number => (performance.now() - startedMs) / 1000
  let snapshotSeconds: number | undefined
  await call(ip, 'POST', paths.backup, request)
  const report = await eventually(
    'the backup is over',
    async () => {
      const now = await call(ip, 'GET', `${paths.backups}/${request.backupName}`)
      if (now.step === 'Upload') snapshotSeconds ??= since()
      return now.phase === 'Running' ? undefined : now
    },
    longestSeconds,
  )
  const seconds = since()
  if (report.phase === 'Failed') throw new Error(report.error?.detail)
  return { seconds, snapshotSeconds: snapshotSeconds ?? seconds, report }
}

async function call(ip: string, method: string, where: string, body?: object): Promise<BackupReport> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await fetch(`http://${ip}:${instancePort}${where}`, {
    method,
    headers: { authorization: `Bearer ${token}`, prefer: 'respond-async', ...type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`)
  return JSON.parse(text) as BackupReport
}

/** Linux counts the highest from now on. Returns what it is at this moment. */
function forgetPeak(pid: number): number {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return statusOf(pid, 'VmRSS')
}

function statusOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
}
