// Columns of the tables that `kubectl get` shows, and what their cells have in common.
import type { ApiObject } from '../object.ts'

export interface Column {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number
  readonly cell: (object: ApiObject) => unknown
}

export const column = (name: string, cell: Column['cell'], options: Partial<Column> = {}): Column => ({
  name,
  type: 'string',
  format: '',
  description: '',
  priority: 0,
  cell,
  ...options,
})

export const nameColumn = column('Name', ({ metadata }) => metadata.name, { format: 'name' })
export const ageColumn = column('Age', ({ metadata }) => since(metadata.creationTimestamp))

/** "5m", "3d4h": how long ago, as kubectl writes it. */
export function since(time: unknown): string {
  const milliseconds = Date.now() - Date.parse(String(time))
  return Number.isNaN(milliseconds) ? '<unknown>' : duration(Math.max(0, Math.floor(milliseconds / 1000)))
}

const [minute, hour, day, year] = [60, 3600, 86_400, 31_536_000]

export function duration(seconds: number): string {
  const [minutes, hours, days] = [minute, hour, day].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ]
  if (seconds < 2 * minute) return `${seconds}s`
  if (minutes < 10) return both(minutes, 'm', seconds % minute, 's')
  if (hours < 3) return `${minutes}m`
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (days < 8) return both(days, 'd', hours % 24, 'h')
  if (seconds < 2 * year) return `${days}d`
  return both(Math.floor(seconds / year), 'y', Math.floor((seconds % year) / day), 'd')
}

const both = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`
