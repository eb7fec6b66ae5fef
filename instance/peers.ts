// Asks the other instances: for grants, and for how far they have come.
import { Value } from '@sinclair/typebox/value'
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { controlKeys, HeartbeatAnswer, instancePort, InstanceStatus, mounts, paths } from './api.ts'
import type { Parts } from './parts.ts'
import { textOf, transport } from './transport.ts'

const unauthorized = 401

/** The token is read at every beat. The mounts of two Pods change minutes apart: then the other knows the previous one. */
export function peers(root: string): Parts['beat'] {
  const http = transport()
  const path = join(root + mounts.control, controlKeys.token)
  let tokens: readonly string[] = []
  return async (ip, heartbeat, deadlineMs) => {
    const token = (await readFile(path, 'utf8')).trim()
    if (token !== tokens[0]) tokens = [token, ...tokens.slice(0, 1)]
    const signal = AbortSignal.timeout(deadlineMs)
    const body = JSON.stringify(heartbeat)
    for (const each of tokens) {
      const headers = { authorization: `Bearer ${each}`, 'content-type': 'application/json' }
      const answer = await http.send(urlOf(ip, paths.peer), { method: 'POST', headers, body, signal })
      const text = await textOf(answer)
      if (answer.statusCode !== unauthorized) return saidIn(text, ip, answer.statusCode)
    }
    throw new Error(`${ip} does not know the control token of this Pod: is the same Secret mounted there?`)
  }
}

/** Redis itself tells a primary only once a second how far a replica has come. */
export const offsetOf: Parts['offsetOf'] = async (ip, deadlineMs) => {
  const status = await statusOf(ip, deadlineMs)
  if (status.masterLinkStatus !== 'up') throw new Error(`${ip} is not in sync`)
  return status.replicationOffset
}

export const statusOf: Parts['statusOf'] = async (ip, deadlineMs) => {
  const http = transport()
  try {
    const signal = AbortSignal.timeout(deadlineMs)
    const answer = await http.send(urlOf(ip, paths.status), { method: 'GET', headers: {}, signal })
    const status: unknown = JSON.parse(await textOf(answer))
    if (Value.Check(InstanceStatus, status)) return status
  } finally {
    http.close()
  }
  throw new Error(`${ip} does not answer as an instance`)
}

function urlOf(ip: string, path: string): string {
  const host = isIPv6(ip) ? `[${ip}]` : ip
  return `http://${host}:${instancePort}${path}`
}

function saidIn(text: string, ip: string, status: number | undefined): HeartbeatAnswer {
  const said: unknown = status === 200 ? JSON.parse(text) : undefined
  if (Value.Check(HeartbeatAnswer, said)) return said
  throw new Error(`${ip} answered a heartbeat with ${status ?? 'nothing'}`)
}
