// What the end of a container does besides: whatever PID 1 has started ends with it, though its watchdog was not there yet.
import { readdirSync, readFileSync } from 'node:fs'

/** Every process that works under this root; PID 1 itself is gone already. */
export function endContainer(root: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)))
    if (commandOf(pid).includes(root)) kill(Number(pid))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
