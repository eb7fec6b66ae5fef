// One connection to Redis that never reconnects and never waits: what a client that sticks to its connection has.
import { connect } from 'node:net'

export type Reply = string | number | null | Error | readonly Reply[]

export interface Connection {
  send(words: readonly string[]): void
  close(): void
}

export interface ConnectionOptions {
  readonly host: string
  readonly localAddress: string | undefined
  /** Replies come in the order of what was sent. */
  readonly onReply: (reply: Reply) => void
  readonly onClose: () => void
}

export function openConnection({ host, localAddress, onReply, onClose }: ConnectionOptions): Connection {
  const socket = connect({ host, port: 6379, noDelay: true, ...(localAddress && { localAddress }) })
  let pending = ''
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1')
    for (let parsed = parse(pending, 0); parsed !== undefined; parsed = parse(pending, 0)) {
      pending = pending.slice(parsed.next)
      onReply(parsed.reply)
    }
  })
  socket.on('error', () => undefined)
  socket.on('close', onClose)
  return {
    send: (words) =>
      void socket.write(
        `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
      ),
    close: () => socket.destroy(),
  }
}

interface Parsed {
  readonly reply: Reply
  readonly next: number
}

/** Undefined while it is incomplete. */
function parse(text: string, start: number): Parsed | undefined {
  const end = text.indexOf('\r\n', start)
  if (end < 0) return undefined
  const line = text.slice(start + 1, end)
  const next = end + 2
  switch (text[start]) {
    case '+':
      return { reply: line, next }
    case '-':
      return { reply: new Error(line), next }
    case ':':
      return { reply: Number(line), next }
    case '$':
      return parseBulk(text, next, Number(line))
    case '*':
      return parseArray(text, next, Number(line))
    default:
      throw new Error(`not a reply of Redis: ${text.slice(start, start + 40)}`)
  }
}

function parseBulk(text: string, start: number, length: number): Parsed | undefined {
  if (length < 0) return { reply: null, next: start }
  const end = start + length
  return text.length < end + 2 ? undefined : { reply: text.slice(start, end), next: end + 2 }
}

function parseArray(text: string, start: number, length: number): Parsed | undefined {
  if (length < 0) return { reply: null, next: start }
  const replies: Reply[] = []
  let next = start
  for (let index = 0; index < length; index++) {
    const parsed = parse(text, next)
    if (parsed === undefined) return undefined
    replies.push(parsed.reply)
    next = parsed.next
  }
  return { reply: replies, next }
}
