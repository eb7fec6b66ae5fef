// Finds where a log of commands may be cut: after a whole command, and never inside a transaction.

export interface CommandScanner {
  /** The next bytes of the log. Throws on what is no log of commands. */
  take(chunk: Buffer): void
  /** Up to here it can be loaded. */
  cut(): number
}

interface Reading {
  /** Not understood yet; where in the log it begins. */
  rest: Buffer
  offset: number
  /** Of an argument, with its line end. */
  skip: number
  argumentsLeft: number
  isFirst: boolean
  inTransaction: boolean
  cut: number
}

const [star, dollar, hash, lineFeed, carriageReturn] = [0x2a, 0x24, 0x23, 0x0a, 0x0d]
const lineEndBytes = 2
const longestLine = 128
/** Of EXEC and MULTI: a longer command is not looked at. */
const longestWord = 5

/** Reads `*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n`, and annotations: `#TS:1700000000\r\n`. */
export function commandScanner(): CommandScanner {
  const reading: Reading = {
    rest: Buffer.alloc(0),
    offset: 0,
    skip: 0,
    argumentsLeft: 0,
    isFirst: false,
    inTransaction: false,
    cut: 0,
  }
  return {
    take(chunk) {
      const data = reading.rest.length === 0 ? chunk : Buffer.concat([reading.rest, chunk])
      const at = readAll(reading, data)
      reading.offset += at
      reading.rest = Buffer.from(data.subarray(at))
    },
    cut: () => reading.cut,
  }
}

/** Returns where it had to stop. */
function readAll(reading: Reading, data: Buffer): number {
  let at = 0
  for (;;) {
    if (reading.skip > 0) {
      const skipped = Math.min(reading.skip, data.length - at)
      at += skipped
      reading.skip -= skipped
      if (reading.skip > 0) return at
      reading.argumentsLeft -= 1
    }
    if (reading.argumentsLeft === 0 && !reading.inTransaction) reading.cut = reading.offset + at
    const next = at < data.length ? readLine(reading, data, at) : undefined
    if (next === undefined) return at
    at = next
  }
}

/** Returns where the next line or argument begins; undefined when this one is not there as a whole yet. */
function readLine(reading: Reading, data: Buffer, at: number): number | undefined {
  const end = data.indexOf(lineFeed, at)
  if (end === -1 && data.length - at <= longestLine) return undefined
  if (end === -1 || data[end - 1] !== carriageReturn) throw unreadable(reading, at)
  const next = end + 1
  const isBetween = reading.argumentsLeft === 0
  if (isBetween && data[at] === hash) return next
  if (data[at] !== (isBetween ? star : dollar)) throw unreadable(reading, at)
  const count = Number(data.toString('latin1', at + 1, end - 1))
  if (!Number.isSafeInteger(count)) throw unreadable(reading, at)
  if (!isBetween) return readArgument(reading, data, next, count)
  reading.argumentsLeft = count
  reading.isFirst = true
  return next
}

function readArgument(reading: Reading, data: Buffer, next: number, count: number): number | undefined {
  if (reading.isFirst && count <= longestWord) {
    if (data.length < next + count) return undefined
    readName(reading, data.toString('latin1', next, next + count).toUpperCase())
  }
  reading.isFirst = false
  reading.skip = count + lineEndBytes
  return next
}

function readName(reading: Reading, name: string): void {
  if (name === 'MULTI') reading.inTransaction = true
  if (name === 'EXEC') reading.inTransaction = false
}

const unreadable = ({ offset }: Reading, at: number): Error =>
  new Error(`this is not a log of commands, at byte ${offset + at}`)
