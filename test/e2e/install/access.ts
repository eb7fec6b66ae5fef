// What the tokens of an instance, of the hooks and of people may do, tried with those tokens.
import assert from 'node:assert/strict'
import { hooksName, operatorNamespace } from '../../../hooks/install/site.ts'
import type { Client, Method } from '../../cluster/client.ts'
import { eventually } from '../eventually.ts'
import { cache, clustersPath, podsPath, shop, startInstances } from './instances.ts'
import { ensure, verdict, type InstallSite, type Scenario } from './site.ts'

export const accessScenarios: readonly Scenario[] = [
  { name: 'an instance reads its cluster and its Pods, and nothing else', run: instanceReads },
  { name: 'the token of the hooks creates Events, and opens nothing else', run: hooksTell },
  { name: 'view, edit and admin gain our kinds', run: peoplesRights },
]

type Attempt = readonly [method: Method, path: string, body?: object]

const namespaced = `/api/v1/namespaces/${shop}`
const mergePatch = 'application/merge-patch+json'

const instanceMay: readonly Attempt[] = [
  ['GET', `${clustersPath}/${cache}`],
  ['GET', `${clustersPath}?fieldSelector=metadata.name%3D${cache}`],
  ['GET', `${podsPath}/cache-0`],
  ['GET', `${podsPath}/cache-1`],
]

const instanceMayNot: readonly Attempt[] = [
  ['GET', clustersPath],
  ['GET', `${clustersPath}/other`],
  ['PATCH', `${clustersPath}/${cache}`, { metadata: { annotations: { 'redis.io/switchover': 'cache-0' } } }],
  ['PATCH', `${clustersPath}/${cache}/status`, { status: { currentPrimary: 'cache-0' } }],
  ['GET', podsPath],
  ['GET', `${podsPath}/web-0`],
  ['POST', podsPath, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'more' } }],
  ['DELETE', `${podsPath}/cache-0`],
  ['PATCH', `${podsPath}/cache-0/status`, { status: { phase: 'Running' } }],
  ['PATCH', `${podsPath}/cache-0/ephemeralcontainers`, { spec: {} }],
  ['GET', `${podsPath}/cache-1/log`],
  ['POST', `${podsPath}/cache-1/exec?command=id`],
  [
    'POST',
    `${podsPath}/cache-1/eviction`,
    { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'cache-1' } },
  ],
  ['GET', `${namespaced}/secrets`],
  ['GET', `${namespaced}/secrets/${cache}-control`],
  ['GET', `${namespaced}/configmaps`],
  ['POST', `${namespaced}/serviceaccounts/${cache}/token`, { spec: {} }],
  ['GET', `/apis/rbac.authorization.k8s.io/v1/namespaces/${shop}/roles/${cache}`],
  ['GET', '/api/v1/namespaces/default/pods/cache-0'],
  ['GET', '/api/v1/nodes'],
]

async function instanceReads(site: InstallSite): Promise<string> {
  const { instance } = await startInstances(site)
  for (const each of instanceMay) assert.equal(await tried(instance, each), 'ok', told(each))
  for (const each of instanceMayNot) assert.match(await tried(instance, each), /^403 /, told(each))
  return `${instanceMay.length} requests allowed, ${instanceMayNot.length} forbidden`
}

const hooksNamespace = operatorNamespace

const eventIn = (namespace: string): object => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'told', namespace },
  involvedObject: { apiVersion: 'redis.io/v1', kind: 'RedisCluster', namespace, name: cache, uid: 'told' },
  ...{ type: 'Normal', reason: 'Tried', message: 'the first of this name' },
})

/** What was told stays as it is: not even the one that told it changes it, or reads it. */
const hooksMayNot: readonly Attempt[] = [
  ['GET', `${namespaced}/events`],
  ['GET', `${namespaced}/events?watch=true`],
  ['GET', `${namespaced}/events/told`],
  ['PUT', `${namespaced}/events/told`, eventIn(shop)],
  ['PATCH', `${namespaced}/events/told`, { message: 'another' }],
  ['DELETE', `${namespaced}/events/told`],
  ['DELETE', `${namespaced}/events`],
]

async function hooksTell(site: InstallSite): Promise<string> {
  await startInstances(site)
  const hooks = await site.as(hooksNamespace, hooksName)
  const review = await hooks.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: hooksNamespace },
  })
  const { resourceRules } = review['status'] as {
    resourceRules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[]
  }
  const rights = resourceRules.filter(({ resources }) => !resources.some((name) => /^selfsubject/.test(name)))
  assert.deepEqual(
    rights.map(({ resources, verbs }) => [resources, verbs]),
    [[['events'], ['create']]],
  )
  for (const namespace of [shop, 'default'])
    assert.match(
      await tried(hooks, ['POST', `/api/v1/namespaces/${namespace}/events`, eventIn(namespace)]),
      /^(ok|409 )/,
    )
  assert.match(await tried(hooks, ['POST', `${namespaced}/events`, eventIn(shop)]), /^409 /)
  const attempts: readonly Attempt[] = [...instanceMay, ...instanceMayNot, ...hooksMayNot]
  for (const each of attempts) assert.match(await tried(hooks, each), /^403 /, told(each))
  return `Events in two namespaces, once each; ${attempts.length} other requests forbidden`
}

const told = ([method, path]: Attempt): string => `${method} ${path}`

const tried = (client: Client, [method, path, body]: Attempt): Promise<string> =>
  verdict(client.request(method, path, body, method === 'PATCH' ? mergePatch : undefined))

const ours = { group: 'redis.io', resource: 'redisclusters' }

const rights = [
  ['view', { ...ours, verb: 'watch' }, true],
  ['view', { ...ours, verb: 'get', subresource: 'status' }, true],
  ['view', { ...ours, verb: 'patch' }, false],
  ['edit', { ...ours, verb: 'list' }, true],
  ['edit', { ...ours, verb: 'create' }, true],
  ['edit', { ...ours, verb: 'patch', subresource: 'scale' }, true],
  ['edit', { ...ours, verb: 'deletecollection' }, false],
  ['edit', { ...ours, verb: 'patch', subresource: 'status' }, false],
  ['admin', { ...ours, verb: 'deletecollection' }, true],
  ['admin', { ...ours, verb: 'patch' }, true],
  ['admin', { ...ours, verb: 'patch', subresource: 'status' }, false],
  ['admin', { group: 'metacontroller.k8s.io', resource: 'compositecontrollers', verb: 'create' }, false],
] as const

async function peoplesRights(site: InstallSite): Promise<string> {
  await startInstances(site)
  const apiGroup = 'rbac.authorization.k8s.io'
  for (const role of ['view', 'edit', 'admin'])
    await ensure(site.client, `/apis/${apiGroup}/v1/namespaces/${shop}/rolebindings`, {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: { name: `person-${role}` },
      roleRef: { apiGroup, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup, kind: 'User', name: `person-${role}` }],
    })
  for (const [role, resourceAttributes, allowed] of rights)
    await eventually(`${role}: ${JSON.stringify(resourceAttributes)} is ${allowed}`, async () => {
      const review = await site.client.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: `person-${role}`, resourceAttributes: { ...resourceAttributes, namespace: shop } },
      })
      return (review['status'] as { allowed: boolean }).allowed === allowed ? true : undefined
    })
  return `${rights.length} rights reviewed`
}
