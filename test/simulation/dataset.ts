// What a redis-server holds: a log of writes, and where it stands in which replication stream.

/** A write and everything before it; shared between copies, so that comparing them is cheap. */
export interface LogNode {
  readonly write: number
  readonly before: LogNode | undefined
  /** Writes that are keys, so that a marker alone is none. */
  readonly keys: number
  /** The newest marker: the reign that it tells. */
  readonly mark: number | undefined
}

export interface Dataset {
  readonly log: LogNode | undefined
  readonly replid: string
  readonly offset: number
  /** The stream that this one goes on from, up to secondOffset. */
  readonly replid2: string
  readonly secondOffset: number
}

export const bytesPerWrite = 100
export const bytesPerPing = 14

export function append(data: Dataset, write: number, mark?: number): Dataset {
  const keys = (data.log?.keys ?? 0) + (mark === undefined ? 1 : 0)
  const log = { write, before: data.log, keys, mark: mark ?? data.log?.mark }
  return { ...data, log, offset: data.offset + bytesPerWrite }
}

export const withPing = (data: Dataset): Dataset => ({ ...data, offset: data.offset + bytesPerPing })

/** After a restart from its files: the writes are there, but the stream that they came from is forgotten. */
export const reloaded = (log: LogNode | undefined, replid: string): Dataset => ({
  log,
  replid,
  offset: 1,
  replid2: '',
  secondOffset: -1,
})

/** A new primary starts a stream of its own, and remembers the one it goes on from. */
export const forked = (data: Dataset, replid: string): Dataset => ({
  ...data,
  replid,
  replid2: data.replid,
  secondOffset: data.offset + 1,
})

/** Whether a copy may go on from where it stands, without a full sync. */
export function continues(copy: Dataset, primary: Dataset): boolean {
  if (copy.replid === primary.replid) return copy.offset <= primary.offset
  return copy.replid === primary.replid2 && copy.offset < primary.secondOffset
}

export function writesIn(log: LogNode | undefined): Set<number> {
  const writes = new Set<number>()
  for (let node = log; node !== undefined; node = node.before) writes.add(node.write)
  return writes
}
