// Logs of Pods: the text comes from whoever runs the Pods, and goes on while the client follows.
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import { kinds } from '../cluster.ts'
import { badRequest } from '../failure.ts'
import { listOf, textOf, type ApiObject } from '../object.ts'
import { readObject } from './read.ts'
import type { Target } from './target.ts'

export interface LogRequest {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
  readonly container: string
}

/** All that was logged so far; undefined when nobody runs the Pod. */
export type ReadLog = (request: LogRequest) => Promise<string | undefined>

const pollMilliseconds = 500

export async function sendLog(
  cluster: Cluster,
  target: Target,
  readLog: ReadLog,
  response: ServerResponse,
): Promise<void> {
  const pod = readObject(cluster, kinds.pod, target)
  const { namespace = '', name, uid } = pod.metadata
  const request = { namespace, pod: name, uid, container: containerOf(pod, target.query.get('container')) }
  let text = await readLog(request)
  if (text === undefined)
    throw badRequest(
      `container ${JSON.stringify(request.container)} in pod ${JSON.stringify(name)} is waiting to start: ContainerCreating`,
    )
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.write(lastLines(text, target.query.get('tailLines')))
  let sent = text.length
  while (target.query.get('follow') === 'true' && !response.destroyed) {
    await delay(pollMilliseconds)
    text = await readLog(request)
    if (text === undefined) break
    response.write(text.slice(sent))
    sent = text.length
  }
  response.end()
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
