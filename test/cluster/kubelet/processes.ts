// A container as processes: they carry a mark, and all of them end with PID 1, as in a PID namespace.
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'

export interface ContainerProcess {
  readonly pid: number | undefined
  /** Resolves with the exit code, or 128 + signal, when PID 1 is gone and (in a namespace) everything else with it. */
  readonly ended: Promise<number>
  terminate(): void
  /** SIGKILL to all of them. */
  kill(): void
  processes(): readonly RunningProcess[]
}

export interface RunningProcess {
  readonly pid: number
  readonly command: string
}

export interface ContainerOptions {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** Without it the others outlive PID 1: an orphan on the port. */
  readonly namespace: boolean
}

/**
 * The mark of a container: a soft limit that nobody uses, inherited by every descendant whatever its session or group.
 * (An environment variable would do, but redis-server writes its title over its environment.)
 */
const firstMark = 1000 + (process.pid % 400) * 2000
let marks = 0
const killedExitCode = 137

export function runContainer({ argv, env, logFile, namespace }: ContainerOptions): ContainerProcess {
  const mark = firstMark + marks++
  const log = openSync(logFile, 'a')
  const child = spawn('prlimit', [`--msgqueue=${mark}:`, ...argv], {
    env,
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  const ended = exitOf(child).then((code) => {
    if (namespace) killAll(mark)
    return code
  })
  return {
    pid: child.pid,
    ended,
    terminate: () => void child.kill('SIGTERM'),
    kill: () => killAll(mark),
    processes: () => marked(mark),
  }
}

async function exitOf(child: ChildProcess): Promise<number> {
  return await new Promise((resolve) => {
    child.once('error', () => resolve(127))
    child.once('exit', (code) => resolve(code ?? killedExitCode))
  })
}

/** Again until nobody is left: a fork may be born while the others are killed. */
function killAll(mark: number): void {
  for (let round = 0; round < 20; round++) {
    const left = marked(mark)
    if (left.length === 0) return
    for (const { pid } of left) signal(pid, 'SIGKILL')
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}

function marked(mark: number): readonly RunningProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^[0-9]+$/.test(entry))
    .flatMap((entry) => {
      try {
        const limits = readFileSync(`/proc/${entry}/limits`, 'utf8')
        const [, soft] = /^Max msgqueue size\s+(\S+)/m.exec(limits) ?? []
        if (soft !== String(mark)) return []
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return [{ pid: Number(entry), command }]
      } catch {
        return []
      }
    })
}
