// Logs of Pods: the text comes from whoever runs the Pods, and goes on while the client follows.
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { kinds, objectOf, type Cluster } from '../cluster.ts'
import { badRequest } from '../failure.ts'
import { listOf, textOf, type ApiObject } from '../object.ts'
import { readObject } from './read.ts'
import type { Target } from './target.ts'

export interface LogRequest {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
  readonly container: string
  /** How often the container had been restarted when it wrote this log. */
  readonly run: number
}

/** All that was logged so far; undefined when there is nothing yet or no more. */
export type ReadLog = (request: LogRequest) => Promise<string | undefined>

const pollMilliseconds = 500

export async function sendLog(
  cluster: Cluster,
  target: Target,
  readLog: ReadLog,
  response: ServerResponse,
): Promise<void> {
  const { query } = target
  refuseTimes(query)
  const request = requestFor(readObject(cluster, kinds.pod, target), query)
  let text = await readLog(request)
  if (text === undefined) throw badRequest(`${words(request)} is waiting to start: ContainerCreating`)
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.write(firstBytes(lastLines(text, query.get('tailLines')), query.get('limitBytes')))
  let isOver = query.get('follow') !== 'true'
  while (!isOver && !response.destroyed) {
    const sent = text.length
    await delay(pollMilliseconds)
    isOver = hasEnded(cluster, request)
    text = (await readLog(request)) ?? text
    response.write(text.slice(sent))
  }
  response.end()
}

/** Lines carry no times here. */
function refuseTimes(query: URLSearchParams): void {
  for (const name of ['sinceSeconds', 'sinceTime', 'timestamps'])
    if (query.has(name)) throw badRequest(`${name} is not implemented here: use tailLines instead`)
}

function requestFor(pod: ApiObject, query: URLSearchParams): LogRequest {
  const { namespace = '', name, uid } = pod.metadata
  const container = containerOf(pod, query.get('container'))
  const isPrevious = query.get('previous') === 'true'
  const run = restartsOf(pod, container) - (isPrevious ? 1 : 0)
  const request = { namespace, pod: name, uid, container, run }
  if (run < 0) throw badRequest(`previous terminated ${words(request)} not found`)
  return request
}

const words = ({ pod, container }: LogRequest): string =>
  `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod)}`

function restartsOf(pod: ApiObject, container: string): number {
  const found = listOf(pod.status?.['containerStatuses']).find(({ name }) => name === container)
  return Number(found?.['restartCount'] ?? 0)
}

function hasEnded(cluster: Cluster, { namespace, pod: name, uid, container, run }: LogRequest): boolean {
  const pod = objectOf(cluster, kinds.pod, namespace, name)
  return pod?.metadata.uid !== uid || restartsOf(pod, container) !== run
}

function containerOf(pod: ApiObject, wanted: string | null): string {
  const names = listOf(pod.spec?.['containers']).map(({ name }) => textOf(name))
  if (wanted === null || wanted === '') return names[0] ?? ''
  if (names.includes(wanted)) return wanted
  throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`)
}

function lastLines(text: string, count: string | null): string {
  if (count === null) return text
  const lines = text.split('\n')
  const ending = text.endsWith('\n') ? 1 : 0
  return lines.slice(Math.max(0, lines.length - Number(count) - ending)).join('\n')
}

function firstBytes(text: string, count: string | null): string | Buffer {
  return count === null ? text : Buffer.from(text).subarray(0, Number(count))
}
