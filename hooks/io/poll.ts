// Asks every instance for its status, all at once, each within a deadline. Whatever goes wrong is a Silent report.
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { isIP } from 'node:net'
import { Agent, request, type Dispatcher } from 'undici'
import { InstanceStatus, instancePort, paths } from '../../instance/api.ts'
import type { Address, InstanceReport, InstanceReports } from '../rediscluster/plan.ts'

const statusCheck = TypeCompiler.Compile(InstanceStatus)
const largestAnswerBytes = 64 * 1024

export const instanceAgent = (): Agent =>
  new Agent({ connect: { timeout: 500 }, keepAliveTimeout: 30_000, pipelining: 1 })

/** Throws on anything but an IP address: a forged name would lead the request, and its token, anywhere. */
export function urlOf({ ip }: Address, path: string): string {
  const family = isIP(ip)
  if (family === 0) throw new Error('its address is not an IP address')
  return `http://${family === 6 ? `[${ip}]` : ip}:${instancePort}${path}`
}

/** Never throws. An answer under another Pod's UID is nobody's: addresses are reused. */
export async function pollInstances(
  agent: Agent,
  addresses: readonly Address[],
  deadlineOf: (address: Address) => number,
): Promise<InstanceReports> {
  const reports = await Promise.all(
    addresses.map((address) => pollOne(agent, address, AbortSignal.timeout(deadlineOf(address)))),
  )
  return Object.fromEntries(reports.map((report, index) => [addresses[index]?.uid ?? '', report]))
}

async function pollOne(agent: Agent, address: Address, signal: AbortSignal): Promise<InstanceReport> {
  try {
    const asked = request(urlOf(address, paths.status), { dispatcher: agent, signal })
    const answer = await within(signal, asked)
    const text = await textOf(answer.body)
    if (answer.statusCode !== 200) return silent(`it answered ${answer.statusCode}`)
    return reportOf(address, JSON.parse(text))
  } catch (error) {
    return silent(reasonOf(error))
  }
}

function reportOf(address: Address, answer: unknown): InstanceReport {
  if (!statusCheck.Check(answer)) {
    const first = statusCheck.Errors(answer).First()
    return silent(`its answer is not a status (${first?.path ?? ''} ${first?.message ?? ''})`)
  }
  return answer.podUID === address.uid
    ? { kind: 'Answered', status: answer }
    : silent('another Pod answers at this address')
}

/** undici looks at a signal only once it is connected, and at its own deadline for that once a second. */
export function within<T>(signal: AbortSignal, asked: Promise<T>): Promise<T> {
  return Promise.race([
    asked,
    new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    ),
  ])
}

/** Throws when the answer is larger than any honest one. */
export async function textOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length
    if (bytes > largestAnswerBytes) throw new Error('its answer is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const silent = (reason: string): InstanceReport => ({ kind: 'Silent', reason: reason.slice(0, 200) })

/** Short and stable: it is shown in conditions, which must not change with every poll. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it does not answer'
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || error.name === 'ConnectTimeoutError')
    return 'it does not answer in time'
  if (error instanceof SyntaxError) return 'its answer is not JSON'
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ECONNREFUSED') return 'it refuses connections'
  return code?.startsWith('E') === true ? `it cannot be reached (${code})` : error.message
}
