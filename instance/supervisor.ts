// Owns the redis-server process: starts it in a group of its own, reaps it, stops it gracefully, kills the group at need.
import { spawn, type ChildProcess } from 'node:child_process'
import type { Log } from './parts.ts'
import { guard, type Watchdog } from './watchdog.ts'

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
      const watchdog = guarded(started.process, options.log)
      reaped = started.ended.then((reason) => {
        child = undefined
        watchdog?.stop()
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

/** Without its watchdog a redis-server must not run: PID 1 could stall while it goes on accepting writes. */
function guarded(child: ChildProcess, log: Log): Watchdog | undefined {
  if (child.pid === undefined) return undefined
  return guard(child.pid, () => {
    log.error('the watchdog of redis-server ended (is bash installed?): killing redis-server')
    killGroup(child)
  })
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
      const tell = (): void => resolve(endOf(code, signal, lines))
      // Its last words may still be in the pipe; but a fork that cannot die must not hide that it is reaped.
      process.once('close', tell)
      setTimeout(tell, lastWordsMs).unref()
    })
  })
  return { process, ended }
}

const lastWordsMs = 200
const keptLines = 5
const keptCharacters = 450

function endOf(code: number | null, signal: NodeJS.Signals | null, lines: readonly string[]): string {
  const end = `redis-server ended with ${signal ?? `code ${code ?? '?'}`}`
  const failed = signal === null && code !== 0 && lines.length > 0
  return failed ? `${end}: ${lines.join(' ').slice(-keptCharacters)}` : end
}

/** Redis' own log goes through; its last lines say why a start failed. */
function logLines(process: ChildProcess, log: Log): string[] {
  const last: string[] = []
  const take = (chunk: Buffer): void => {
    for (const line of chunk
      .toString('utf8')
      .split('\n')
      .filter((text) => text.trim() !== '')
      .map(withoutSecrets)) {
      log.debug({ redis: line.slice(0, 500) }, 'redis-server')
      last.push(withoutMoment(line).slice(0, 200))
      if (last.length > keptLines) last.shift()
    }
  }
  process.stdout?.on('data', take)
  process.stderr?.on('data', take)
  return last
}

/** Redis prints the line of redis.conf that it cannot read; this is the one that holds a password. */
const withoutSecrets = (line: string): string =>
  line.replace(/^(>>> '(?:masterauth|primaryauth)\b).*/i, "$1 ...'")

/** The same failure reads the same every time: without process id and time. */
const withoutMoment = (line: string): string =>
  line.replace(/^\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ [.*#-] /, '').replace(/, pid=\d+/, '')

function killGroup(process_: ChildProcess | undefined): void {
  if (process_?.pid === undefined) return
  try {
    process.kill(-process_.pid, 'SIGKILL')
  } catch {
    // The group is gone: that is what was wanted.
  }
}
