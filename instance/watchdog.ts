// Kills redis-server when PID 1 is gone or silent: whoever cannot act cannot fence either, and its right would outlive it.
import { spawn, type ChildProcess } from 'node:child_process'

export interface Watchdog {
  /** Called when redis-server has ended: there is nothing to guard any more. */
  stop(): void
}

/** Together they stay below the margin between a right that lapses and its end. */
export const silentSeconds = 1.2
export const feedEveryMs = 200

/**
 * Reads a line for each sign of life. The end of the pipe means that PID 1 died. Redis-server's pid is that of its group,
 * and it cannot be another's: PID 1 has not reaped it yet.
 */
const script = `while read -r -t ${silentSeconds} _; do :; done; kill -KILL -- "-$1"`

/** Guards the process group of `pid`; `onLost` is called when the watchdog itself ends too early. */
export function guard(pid: number, onLost: () => void): Watchdog {
  const dog = spawn('bash', ['-c', script, 'watchdog', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A signal to the group of PID 1, as Ctrl-C sends it, is for PID 1 to act on.
    detached: true,
  })
  const timer = setInterval(() => feed(dog), feedEveryMs)
  let stopped = false
  const ended = (): void => {
    clearInterval(timer)
    if (!stopped) onLost()
    stopped = true
  }
  dog.once('error', ended)
  dog.once('exit', ended)
  // A pipe that broke is seen by the exit.
  dog.stdin.on('error', () => undefined)
  feed(dog)
  return {
    stop() {
      stopped = true
      clearInterval(timer)
      dog.kill('SIGKILL')
    },
  }
}

function feed({ stdin }: ChildProcess): void {
  if (stdin?.writable === true) stdin.write('\n')
}
