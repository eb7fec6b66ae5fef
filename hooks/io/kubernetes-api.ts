// The one call that the hooks make to the Kubernetes API: an Event is created. Never throws: what went wrong is an answer.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { reasonOf, textOf, within } from './poll.ts'

export type Said =
  /** It is there, now or since before. */
  | { readonly kind: 'Taken' }
  | { readonly kind: 'Refused'; readonly why: string }
  /** Nobody knows; it may be tried again. */
  | { readonly kind: 'Away'; readonly why: string }

export type Access =
  | { readonly kind: 'Granted'; readonly create: (path: string, object: object) => Promise<Said> }
  | { readonly kind: 'None'; readonly why: string }

const deadlineMs = 2000

/** `directory` holds `token` and, for https, `ca.crt`: as kubelet mounts them for a ServiceAccount. */
export async function kubernetesAccess(url: string | undefined, directory: string): Promise<Access> {
  if (url === undefined) return { kind: 'None', why: 'no API server is known: this is no Pod' }
  try {
    await tokenIn(directory)
    const ca = url.startsWith('https:') ? await readFile(join(directory, 'ca.crt'), 'utf8') : undefined
    const connect = { timeout: deadlineMs, ...(ca === undefined ? {} : { ca }) }
    const agent = new Agent({ connect, pipelining: 1 })
    return { kind: 'Granted', create: (path, object) => create(agent, url + path, directory, object) }
  } catch (error) {
    return { kind: 'None', why: error instanceof Error ? error.message : String(error) }
  }
}

/** Read at every call: kubelet renews the file. */
const tokenIn = async (directory: string): Promise<string> =>
  (await readFile(join(directory, 'token'), 'utf8')).trim()

async function create(agent: Agent, url: string, directory: string, object: object): Promise<Said> {
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const asked = request(url, {
      dispatcher: agent,
      method: 'POST',
      signal,
      headers: {
        authorization: `Bearer ${await tokenIn(directory)}`,
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: JSON.stringify(object),
    })
    const { statusCode, body } = await within(signal, asked)
    return saidBy(statusCode, await textOf(body))
  } catch (error) {
    return { kind: 'Away', why: reasonOf(error) }
  }
}

const conflict = 409
const tooMany = 429

/** 401 may be a token that has just been renewed. */
function saidBy(statusCode: number, text: string): Said {
  if (statusCode < 300 || statusCode === conflict) return { kind: 'Taken' }
  const why = `${statusCode}: ${messageIn(text)}`
  const passes = statusCode >= 500 || statusCode === tooMany || statusCode === 401
  return { kind: passes ? 'Away' : 'Refused', why }
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? ''
  } catch {
    return text.slice(0, 200)
  }
}
