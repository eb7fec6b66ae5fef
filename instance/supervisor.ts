// Owns the redis-server process: starts it in a group of its own, reaps it, stops it gracefully, kills the group at need.
import { spawn, type ChildProcess } from 'node:child_process'
import type { Log } from './parts.ts'

export interface Supervisor {
  /** Starts redis-server with this conf. At most one runs. */
  start(confPath: string): void
  /** SIGTERM, so that Redis saves and waits for its replicas; SIGKILL only when the deadline passes. Resolves when reaped. */
  stop(deadlineMs: number): Promise<void>
  /** SIGKILL to the whole group, forks included. Resolves when reaped. */
  kill(): Promise<void>
  running(): boolean
  /** Why it does not run, as a sentence. */
  lastExit(): string | undefined
}

export interface SupervisorOptions {
  readonly binary: string
  /** Inherited by redis-server, and so by its forks: the volume's lock lives as long as any of them. */
  readonly lockDescriptor: number
  readonly onExit: (reason: string) => void
  readonly log: Log
}

export function supervise(options: SupervisorOptions): Supervisor {
  let child: ChildProcess | undefined
  let reaped: Promise<void> = Promise.resolve()
  let exitReason: string | undefined
  return {
    start(confPath) {
      if (child !== undefined) throw new Error('redis-server is running already')
      const started = spawnServer(options, confPath)
      child = started.process
      reaped = started.ended.then((reason) => {
        child = undefined
        exitReason = reason
        options.onExit(reason)
      })
    },
    async stop(deadlineMs) {
      child?.kill('SIGTERM')
      const timer = setTimeout(() => killGroup(child), deadlineMs)
      await reaped
      clearTimeout(timer)
    },
    async kill() {
      killGroup(child)
      await reaped
    },
    running: () => child !== undefined,
    lastExit: () => exitReason,
  }
}

function spawnServer(
  { binary, lockDescriptor, log }: SupervisorOptions,
  confPath: string,
): { process: ChildProcess; ended: Promise<string> } {
  const process = spawn(binary, [confPath], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', lockDescriptor],
  })
  const lines = logLines(process, log)
  const ended = new Promise<string>((resolve) => {
    process.once('error', (error) => resolve(`redis-server cannot be started: ${error.message}`))
    process.once('exit', (code, signal) => {
      // A fork that outlives its parent would go on writing the volume.
      killGroup(process)
      resolve(
        `redis-server ended with ${signal ?? `code ${code ?? '?'}`}${code === 0 || signal !== null ? '' : `: ${lines.join(' ')}`}`,
      )
    })
  })
  return { process, ended }
}

const keptLines = 5

/** Redis' own log goes through; its last lines say why a start failed. */
function logLines(process: ChildProcess, log: Log): string[] {
  const last: string[] = []
  const take = (chunk: Buffer): void => {
    for (const line of chunk
      .toString('utf8')
      .split('\n')
      .filter((text) => text.trim() !== '')) {
      log.debug({ redis: line.slice(0, 500) }, 'redis-server')
      last.push(line.slice(0, 200))
      if (last.length > keptLines) last.shift()
    }
  }
  process.stdout?.on('data', take)
  process.stderr?.on('data', take)
  return last
}

function killGroup(process_: ChildProcess | undefined): void {
  if (process_?.pid === undefined) return
  try {
    process.kill(-process_.pid, 'SIGKILL')
  } catch {
    // The group is gone: that is what was wanted.
  }
}
