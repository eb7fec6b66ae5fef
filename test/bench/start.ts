// How long an instance takes to its first Ready, beside a bare redis-server on the same data and configuration to its first PONG.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { instancePort, mounts, paths } from '../../instance/api.ts'
import { writeMounts } from '../support/instance-process.ts'
import { launcher, path } from '../support/launcher.ts'
import { commandLineOf } from '../support/process-facts.ts'
import { figure, type Bench } from './figure.ts'

const runs = 9
const probeMs = 2
/** Redis' own start and this much. */
const aimAboveRedisMs = 1000

interface Start {
  readonly ms: number
  readonly command: string
}

export const start: Bench = {
  name: 'start',
  how: 'by hand, with an empty volume, each time a new one',
  async run() {
    const bare: Start[] = []
    const instances: Start[] = []
    for (let run = 0; run < runs; run++) {
      const ip = `127.${90 + (process.pid % 30)}.1.${run + 1}`
      bare.push(await startOnce(ip, bareRedis, () => pong(ip)))
      instances.push(await startOnce(ip, instanceServer, () => ready(ip)))
    }
    const redis = figure('redis-server to PONG', 'ms', msOf(bare), { processes: commandOf(bare) })
    const aim = Math.round(redis.median + aimAboveRedisMs)
    return [
      redis,
      figure('instance to Ready', 'ms', msOf(instances), { aim, processes: commandOf(instances) }),
    ]
  },
}

type Command = (ip: string, root: string) => readonly [program: string, ...flags: string[]]

const instanceServer: Command = (ip, root) => [
  launcher,
  'instance',
  `--root=${root}`,
  `--listen=${ip}`,
  '--log-level=error',
]
const bareRedis: Command = (ip, root) => [
  'redis-server',
  `${root}${mounts.config}/redis.conf`,
  `--bind ${ip}`,
  '--port 6379',
  `--dir ${root}${mounts.data}`,
]

async function startOnce(ip: string, command: Command, probe: () => Promise<boolean>): Promise<Start> {
  const root = mkdtempSync(join(tmpdir(), 'rb-'))
  writeMounts(root)
  const [program, ...flags] = command(ip, root)
  const startedMs = performance.now()
  const child = spawn(program, flags, { stdio: 'ignore', env: { ...process.env, PATH: path } })
  const ended = once(child, 'exit')
  try {
    while (!(await probe().catch(() => false))) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
      await pause(probeMs)
    }
    return { ms: performance.now() - startedMs, command: commandLineOf(child.pid ?? 0) }
  } finally {
    child.kill('SIGTERM')
    await ended
    rmSync(root, { recursive: true, force: true })
  }
}

const ready = async (ip: string): Promise<boolean> =>
  (await fetch(`http://${ip}:${instancePort}${paths.readyz}`)).ok

async function pong(ip: string): Promise<boolean> {
  const socket = connect(6379, ip)
  try {
    socket.write('PING\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString().startsWith('+PONG')
  } finally {
    socket.destroy()
  }
}

const msOf = (starts: readonly Start[]): readonly number[] => starts.map(({ ms }) => ms)
const commandOf = (starts: readonly Start[]): readonly string[] =>
  starts.slice(-1).map(({ command }) => command)
