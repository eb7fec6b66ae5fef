// The life of a request: who, what, may they, and then the verb.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { authenticate } from '../access/authenticate.ts'
import { isAllowed, refusal } from '../access/rbac.ts'
import { isReview, review } from '../access/reviews.ts'
import type { Tokens } from '../access/tokens.ts'
import type { User } from '../access/user.ts'
import type { Cluster } from '../cluster.ts'
import { Failure, forbidden, noSuchPath } from '../failure.ts'
import type { Resource } from '../resource.ts'
import { send, sendFailure, ok, type Answer } from './answer.ts'
import { readBody } from './body.ts'
import type { Counters } from './counters.ts'
import { discovery } from './discovery.ts'
import { sendLog, type ReadLog } from './log.ts'
import { openapi, openapi2 } from './openapi.ts'
import { perform } from './perform.ts'
import { targetOf, type Target } from './target.ts'
import { watchObjects } from './watch.ts'

export interface Context {
  readonly cluster: Cluster
  readonly tokens: Tokens
  readonly counters: Counters
  readonly readLog: ReadLog
}

export async function handle(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { headers, method = 'GET', url = '/' } = request
    const target = targetOf(method, new URL(url, 'https://server'))
    const user = authenticate(context.tokens, headers, target.path)
    const { verb, resource, subresource } = target
    context.counters.add({
      verb,
      resource: subresource === '' ? resource : `${resource}/${subresource}`,
      user: user.name,
    })
    authorize(context.cluster, user, target)
    if (target.isResource) await serveResource(context, user, target, request, response)
    else send(response, servePath(context, target, headers.host ?? ''))
  } catch (error) {
    sendFailure(response, error)
  }
}

function authorize(cluster: Cluster, user: User, target: Target): void {
  if (isAllowed(cluster, user, target)) return
  const { group, resource: plural, name, verb } = target
  const why = refusal(user, target)
  if (!target.isResource) throw new Failure(403, 'Forbidden', why, {})
  throw forbidden({ group, plural, kind: '' }, verb === 'list' || verb === 'watch' ? '' : name, why)
}

const version = {
  ...{ major: '1', minor: '32', gitVersion: 'v1.32.0', gitCommit: '', gitTreeState: 'clean' },
  ...{ buildDate: '2024-12-11T00:00:00Z', goVersion: '', compiler: '', platform: 'linux/amd64' },
}

function servePath({ cluster, counters }: Context, { path }: Target, host: string): Answer {
  if (['/healthz', '/livez', '/readyz'].includes(path)) return ok('ok')
  if (path === '/version' || path === '/version/') return ok(version)
  if (path === '/debug/requests') return ok({ requests: counters.all() })
  if (path === '/openapi/v2') return openapi2
  const found = discovery(cluster.catalogue, path, host) ?? openapi(cluster.catalogue, path)
  if (found === undefined) throw noSuchPath()
  return ok(found)
}

async function serveResource(
  context: Context,
  user: User,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { cluster, readLog } = context
  const accept = request.headers.accept ?? ''
  if (isReview(target)) {
    const { value } = await readBody(request)
    send(response, { code: 201, body: review(cluster, user, target.resource, value) })
    return
  }
  const resource = resourceOf(cluster, target)
  if (target.verb === 'watch') watchObjects(cluster, resource, target, accept, response)
  else if (target.subresource === 'log') await sendLog(cluster, target, readLog, response)
  else {
    const warnings: string[] = []
    const body = await readBody(request)
    const answer = perform(context, { resource, target, body, accept, warn: (text) => warnings.push(text) })
    send(response, answer, warnings)
  }
}

function resourceOf(cluster: Cluster, { group, version, resource: plural, namespace }: Target): Resource {
  const found = cluster.catalogue.find(group, version, plural)
  if (found === undefined || (namespace !== '' && !found.namespaced && plural !== 'namespaces'))
    throw noSuchPath()
  return found
}
