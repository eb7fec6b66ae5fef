// Watches: a stream of changes, from a version on, with the initial state and bookmarks where the client asks for them.
import type { ServerResponse } from 'node:http'
import type { Cluster } from '../cluster.ts'
import { badRequest, expired, statusOf } from '../failure.ts'
import type { ApiObject } from '../object.ts'
import { apiVersionOf, storeKey, type Resource } from '../resource.ts'
import type { Predicate } from '../selectors.ts'
import type { Change } from '../store.ts'
import { formOf } from '../table/render.ts'
import { present } from '../write/present.ts'
import { listObjects, predicateOf, renderObject } from './read.ts'
import type { Target } from './target.ts'

const bookmarkMilliseconds = 30_000
const longestSeconds = 3600

export function watchObjects(
  cluster: Cluster,
  resource: Resource,
  target: Target,
  accept: string,
  response: ServerResponse,
): void {
  const { query, namespace } = target
  const matches = predicateOf(resource, target)
  const version = query.get('resourceVersion') ?? ''
  const sendsInitial = query.get('sendInitialEvents') === 'true'
  const past =
    sendsInitial || version === '' || version === '0' ? [] : cluster.store.since(versionNumber(version))
  const render = (object: ApiObject): object => renderObject(resource, object, accept, query)
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const write = (type: string, object: object): void =>
    void response.write(`${JSON.stringify({ type, object })}\n`)
  if (past === undefined) {
    write('ERROR', statusOf(expired(version, cluster.store.oldest)))
    return void response.end()
  }
  const follow = (change: Change): void => {
    if (change.key !== storeKey(resource) || !isWithin(change, resource, namespace)) return
    const event = eventFor(change, resource, matches)
    if (event !== undefined) write(event.type, render(event.object))
  }
  const isFresh = sendsInitial || version === '' || version === '0'
  if (isFresh) for (const object of listObjects(cluster, resource, target)) write('ADDED', render(object))
  for (const change of past) follow(change)
  const bookmark = (annotations?: object): void => {
    if (query.get('allowWatchBookmarks') === 'true')
      write('BOOKMARK', bookmarkOf(cluster, resource, accept, annotations))
  }
  if (sendsInitial) bookmark({ 'k8s.io/initial-events-end': 'true' })
  keepOpen(
    response,
    Number(query.get('timeoutSeconds') ?? longestSeconds),
    bookmark,
    cluster.store.subscribe(follow),
  )
}

function versionNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw badRequest(`Invalid value: ${JSON.stringify(text)}: resource version must be a number`)
}

const isWithin = ({ last }: Change, resource: Resource, namespace: string): boolean =>
  !resource.namespaced || namespace === '' || last.metadata.namespace === namespace

/** Moving in or out of a selection looks like creation and deletion. */
function eventFor(
  change: Change,
  resource: Resource,
  matches: Predicate,
): { readonly type: string; readonly object: ApiObject } | undefined {
  const { previous, current, last } = change
  const was = previous !== undefined && matches(present(resource, previous))
  const is = current !== undefined && matches(present(resource, current))
  const object = present(resource, last)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object }
  if (!was) return undefined
  const { metadata } = present(resource, previous)
  return {
    type: 'DELETED',
    object:
      current === undefined
        ? object
        : {
            ...present(resource, previous),
            metadata: { ...metadata, resourceVersion: last.metadata.resourceVersion },
          },
  }
}

function bookmarkOf(cluster: Cluster, resource: Resource, accept: string, annotations?: object): object {
  const isTable = formOf(accept) === 'Table'
  const metadata = {
    resourceVersion: String(cluster.store.version),
    ...(annotations === undefined ? {} : { annotations }),
  }
  if (isTable)
    return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: [], rows: [] }
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }
}

function keepOpen(response: ServerResponse, seconds: number, bookmark: () => void, stop: () => void): void {
  const ticks = setInterval(bookmark, bookmarkMilliseconds)
  const end = setTimeout(() => {
    bookmark()
    response.end()
  }, seconds * 1000)
  response.on('close', () => {
    clearInterval(ticks)
    clearTimeout(end)
    stop()
  })
}
