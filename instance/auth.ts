// Who may command an instance: whoever holds the control token, when one is mounted. Reading is open.
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setInterval as every } from 'node:timers/promises'
import { controlKeys, mounts } from './api.ts'
import type { Config } from './config.ts'

export interface Gate {
  /** Undefined when the request may go on; otherwise what to do about it. */
  refusalOf(authorization: string | undefined): string | undefined
}

/** The token that is mounted, and the one before it for as long as others may not have the new one yet. */
export interface Tokens {
  readonly current: string | undefined
  readonly previous: string | undefined
  readonly previousUntilMs: number
}

export const noTokens: Tokens = { current: undefined, previous: undefined, previousUntilMs: 0 }

const lookEveryMs = 1000
const previousForMs = 60_000

/** Resolves once the token was looked for. It is looked for again for ever, whatever redis-server does meanwhile. */
export async function gate(config: Config): Promise<Gate> {
  const path = join(config.root + mounts.control, controlKeys.token)
  let tokens = noTokens
  const look = async (): Promise<void> => {
    tokens = withToken(tokens, await tokenAt(path), performance.now())
  }
  await look()
  void (async () => {
    for await (const _ of every(lookEveryMs, undefined, { ref: false })) await look()
  })()
  return {
    refusalOf(authorization) {
      if (tokens.current === undefined)
        return config.cluster === undefined ? undefined : 'the control token is not mounted yet'
      const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
      return given !== undefined && isAccepted(tokens, given, performance.now()) ? undefined : howTo(config)
    },
  }
}

/** A token that cannot be read for a moment does not open the gate. */
export function withToken(tokens: Tokens, read: string | undefined, nowMs: number): Tokens {
  const { current } = tokens
  if (read === undefined || read === current) return tokens
  return { current: read, previous: current, previousUntilMs: nowMs + previousForMs }
}

export function isAccepted(
  { current, previous, previousUntilMs }: Tokens,
  given: string,
  nowMs: number,
): boolean {
  const accepted = nowMs < previousUntilMs ? [current, previous] : [current]
  return accepted.some((token) => token !== undefined && sameText(given, token))
}

/** Without its line end; undefined when there is none. */
async function tokenAt(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trim() === '' ? undefined : text.trim()
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function howTo({ cluster }: Config): string {
  const secret = `${cluster?.name ?? '<cluster>'}-control`
  const namespace = cluster?.namespace ?? '<namespace>'
  return [
    'send the control token:',
    `TOKEN=$(kubectl get secret -n ${namespace} ${secret} -o jsonpath='{.data.token}' | base64 -d);`,
    `curl -X POST -H "Authorization: Bearer $TOKEN" http://${cluster?.podIp ?? '<pod-ip>'}:8080/v1/...`,
  ].join(' ')
}
