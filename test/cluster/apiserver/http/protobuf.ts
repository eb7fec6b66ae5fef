// Decodes the bodies that typed Go clients send as protobuf, such as those of `kubectl create namespace`.
//
// Answers are always JSON: clients accept both. Format: k8s.io/apimachinery/pkg/runtime/serializer/protobuf.
import { badRequest } from '../failure.ts'
import { timestamp, type Fields } from '../object.ts'
import { bodies, type FieldType, type Message } from './protobuf-messages.ts'

const magic = Buffer.from('k8s\0')
const envelope: Message = {
  1: ['type', { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] }],
  2: ['raw', 'bytes'],
}

export function decodeProtobuf(body: Buffer): Fields {
  if (!body.subarray(0, 4).equals(magic))
    throw badRequest('the body of the request is no Kubernetes protobuf')
  const { type, raw = '' } = decodeMessage(body.subarray(4), envelope)
  const { apiVersion = '', kind = '' } = type as { apiVersion?: string; kind?: string }
  const message = bodies[kind]
  if (message === undefined)
    throw badRequest(
      `this server reads a ${kind} as JSON or YAML only: use kubectl apply or kubectl create -f`,
    )
  return { apiVersion, kind, ...decodeMessage(Buffer.from(raw as string, 'base64'), message) }
}

interface Wire {
  readonly number: number
  /** An integer, or the bytes of everything else. */
  readonly value: bigint | Buffer
}

function decodeMessage(bytes: Buffer, message: Message): Fields {
  const result: Fields = {}
  for (const { number, value } of wires(bytes)) {
    const field = message[number]
    if (field === undefined) continue
    const [name, type] = field
    const decoded = decodeField(value, type, result[name])
    if (decoded !== undefined) result[name] = decoded
  }
  return result
}

/** Go writes empty texts and zero times of absent fields: they stay absent. */
function decodeField(value: bigint | Buffer, type: FieldType, previous: unknown): unknown {
  if (typeof value === 'bigint') return type === 'bool' ? value !== 0n : Number(BigInt.asIntN(64, value))
  if (type === 'text') return value.length === 0 ? undefined : value.toString('utf8')
  if (type === 'bytes') return value.toString('base64')
  if (type === 'time') return decodeTime(value)
  if (type === 'int or text') return decodeIntOrText(value)
  if (typeof type === 'string') return undefined
  if ('list' in type)
    return [...((previous as unknown[] | undefined) ?? []), decodeField(value, type.list, undefined) ?? '']
  if (!('map' in type)) return decodeMessage(value, type)
  const { key = '', value: each = '' } = decodeMessage(value, { 1: ['key', 'text'], 2: ['value', type.map] })
  return { ...(previous as Fields | undefined), [String(key)]: each }
}

function decodeTime(value: Buffer): string | undefined {
  const { seconds } = decodeMessage(value, { 1: ['seconds', 'int'] })
  return typeof seconds === 'number' ? timestamp(seconds * 1000) : undefined
}

function decodeIntOrText(value: Buffer): unknown {
  const {
    type,
    number = 0,
    text = '',
  } = decodeMessage(value, {
    1: ['type', 'int'],
    2: ['number', 'int'],
    3: ['text', 'text'],
  })
  return type === 1 ? text : number
}

function wires(bytes: Buffer): readonly Wire[] {
  const found: Wire[] = []
  let at = 0
  const varint = (): bigint => {
    let result = 0n
    for (let shift = 0n; at < bytes.length; shift += 7n) {
      const byte = bytes[at] ?? 0
      at += 1
      result |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return result
    }
    throw badRequest('the protobuf of the request ends in the middle of a number')
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const [number, kind] = [tag >>> 3, tag & 7]
    if (kind === 0) found.push({ number, value: varint() })
    else {
      const length = kind === 2 ? Number(varint()) : kind === 1 ? 8 : 4
      found.push({ number, value: bytes.subarray(at, at + length) })
      at += length
    }
  }
  return found
}
