// Calls a webhook and decodes its answer as strictly, and as loosely, as Metacontroller does.
import { request } from 'undici'
import { isObject, type JsonObject } from './merge.ts'
import type { Hook } from './spec.ts'

export type HookResult =
  | { readonly kind: 'Answered'; readonly answer: JsonObject }
  /** 429: no failure, and no back-off. */
  | { readonly kind: 'Busy'; readonly retryAfterSeconds: number }

/** Throws on everything but 200 and 429: then nothing of the answer is applied. */
export async function callHook(hook: Hook, body: JsonObject, signal: AbortSignal): Promise<HookResult> {
  const response = await request(hook.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(hook.timeoutMilliseconds)]),
  }).catch((cause: unknown) => {
    throw new Error(`http error: ${String(cause)}`, { cause })
  })
  const text = await response.body.text()
  if (response.statusCode === 429)
    return { kind: 'Busy', retryAfterSeconds: retryAfter(response.headers['retry-after']) }
  if (response.statusCode !== 200)
    throw new Error(`unsupported status code: ${response.statusCode} body: ${text}`)
  return { kind: 'Answered', answer: decoded(hook, text) }
}

const answerKeys = {
  sync: ['status', 'children', 'resyncAfterSeconds', 'finalized'],
  customize: ['relatedResources'],
}

function decoded(hook: Hook, text: string): JsonObject {
  const answer = (JSON.parse(text) ?? {}) as unknown
  if (!isObject(answer))
    throw new Error(`can't unmarshal the answer of the ${hook.kind} hook: it is no object`)
  const unknown = Object.keys(answer).filter((key) => !answerKeys[hook.kind].includes(key))
  if (hook.strict && unknown.length > 0)
    throw new Error(
      `strict validation failed for the ${hook.kind} hook: unknown field "${unknown.join('", "')}"`,
    )
  return answer
}

/** Integer seconds or a date; anything else is no wait at all. */
function retryAfter(header: string | readonly string[] | undefined): number {
  const value = String(header ?? '')
  if (/^[+-]?\d+$/.test(value)) return Number(value)
  const date = /GMT$/.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(date) ? 0 : Math.ceil((date - Date.now()) / 1000)
}
