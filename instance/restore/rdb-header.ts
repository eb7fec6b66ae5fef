// The beginning of an RDB file: who wrote it, in which format, and how many keys it says its first database has.

export interface RdbHeader {
  /** `REDIS0010`, `VALKEY080`. */
  readonly format: string
  /** Of the server that wrote it. */
  readonly version: string | undefined
  /** What the first database announces; undefined when it has none within what was given. */
  readonly first: { readonly database: number; readonly keys: number; readonly expires: number } | undefined
}

/** Enough for any number of fields, and for the functions of most. */
export const headerBytes = 2 ** 20
const magic = /^(?:REDIS\d{4}|VALKEY\d{3})$/
const magicBytes = 9
const opcodes = { function: 245, slots: 244, resize: 251, field: 250, select: 254 } as const

/** Undefined for what is not an RDB file. `bytes` may end anywhere. */
export function rdbHeader(bytes: Buffer): RdbHeader | undefined {
  const format = bytes.toString('latin1', 0, magicBytes)
  if (!magic.test(format)) return undefined
  const fields: Record<string, string> = {}
  const found = { database: 0, first: undefined as RdbHeader['first'] }
  try {
    walk(new Cursor(bytes), fields, found)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return { format, version: fields['valkey-ver'] ?? fields['redis-ver'], first: found.first }
}

function walk(
  cursor: Cursor,
  fields: Record<string, string>,
  found: { database: number; first: RdbHeader['first'] },
): void {
  while (found.first === undefined) {
    const opcode = cursor.byte()
    if (opcode === opcodes.field) {
      const name = cursor.text()
      fields[name] = cursor.text()
    } else if (opcode === opcodes.function) cursor.text()
    else if (opcode === opcodes.select) found.database = cursor.length()
    else if (opcode === opcodes.slots) [1, 2, 3].forEach(() => cursor.length())
    else if (opcode === opcodes.resize)
      found.first = { database: found.database, keys: cursor.length(), expires: cursor.length() }
    else return
  }
}

/** Throws RangeError beyond the end. */
class Cursor {
  private readonly bytes: Buffer
  private at = magicBytes
  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  byte(): number {
    const value = this.bytes.readUInt8(this.at)
    this.at += 1
    return value
  }

  length(): number {
    const { special, value } = this.lengthOrEncoding()
    if (special) throw new RangeError('not a length')
    return value
  }

  /** Numbers as their digits; what is compressed is skipped. */
  text(): string {
    const { special, value } = this.lengthOrEncoding()
    if (!special) return this.take(value).toString('utf8')
    if (value === 0) return String(this.take(1).readInt8())
    if (value === 1) return String(this.take(2).readInt16LE())
    if (value === 2) return String(this.take(4).readInt32LE())
    const compressedBytes = this.length()
    this.length()
    this.take(compressedBytes)
    return ''
  }

  private lengthOrEncoding(): { readonly special: boolean; readonly value: number } {
    const first = this.byte()
    const low = first & 0x3f
    if (first >> 6 === 3) return { special: true, value: low }
    if (first >> 6 === 0) return { special: false, value: low }
    if (first >> 6 === 1) return { special: false, value: low * 256 + this.byte() }
    return {
      special: false,
      value: first === 0x80 ? this.take(4).readUInt32BE() : Number(this.take(8).readBigUInt64BE()),
    }
  }

  private take(count: number): Buffer {
    if (this.at + count > this.bytes.length) throw new RangeError('the end')
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }
}
