// What Linux knows about a process: its memory, its CPU time, its command line.
import { readFileSync } from 'node:fs'

export interface Memory {
  readonly rssMiB: number
  /** Pages that nobody else maps: what one more such process costs. */
  readonly privateMiB: number
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  return { rssMiB: mib('Rss'), privateMiB: mib('Private_Clean') + mib('Private_Dirty') }
}

/** One tick is 10 ms on Linux. */
const tickMs = 10

/** User and system time so far, all threads. */
export function cpuMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

export function commandLineOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
}
