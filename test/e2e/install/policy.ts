// The admission policy tried both ways: what an instance may still change, what it may not, and whom it does not concern.
import assert from 'node:assert/strict'
import { instanceAnnotations } from '../../../instance/api.ts'
import type { Client } from '../../cluster/client.ts'
import { eventually } from '../eventually.ts'
import { barePod, cache, podsPath, shop, startInstances } from './instances.ts'
import { ensure, verdict, type InstallSite, type Scenario } from './site.ts'

export const policyScenarios: readonly Scenario[] = [
  { name: 'an instance annotates its own Pod, and changes nothing else', run: instanceChanges },
  { name: 'a token that belongs to no Pod changes nothing', run: unboundToken },
  { name: 'whoever is no instance is not hindered', run: othersChange },
]

const mergePatch = 'application/merge-patch+json'
const jsonPatch = 'application/json-patch+json'
const label = { metadata: { labels: { 'redis.io/role': 'primary' } } }
const claim = { metadata: { annotations: { [instanceAnnotations.epoch]: '7' } } }

const patch = (client: Client, pod: string, body: unknown, type = mergePatch): Promise<string> =>
  verdict(client.request('PATCH', `${podsPath}/${pod}`, body, type))

const image = [{ op: 'replace', path: '/spec/containers/0/image', value: 'evil:1' }]
const toleration = [{ op: 'add', path: '/spec/tolerations/-', value: { key: 'any', operator: 'Exists' } }]

/** Each is allowed by the Role: only the policy stands in the way. */
const refused = [
  ['own label', 'cache-0', label, /may change only annotations/],
  ['own label gone', 'cache-0', { metadata: { labels: { 'redis.io/cluster': null } } }, /only annotations/],
  ['own image', 'cache-0', image, /only annotations/],
  ['own tolerations', 'cache-0', toleration, /only annotations/],
  ['own deadline', 'cache-0', { spec: { activeDeadlineSeconds: 1 } }, /only annotations/],
  ['own finalizer', 'cache-0', { metadata: { finalizers: ['redis.io/stay'] } }, /only annotations/],
  [
    'own owner',
    'cache-0',
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x' }] } },
    /only annotations/,
  ],
  [
    'own template hash',
    'cache-0',
    { metadata: { annotations: { 'redis.io/spec-hash': 'x' } } },
    /only the annotations/,
  ],
  [
    'own hash gone',
    'cache-0',
    { metadata: { annotations: { 'redis.io/spec-hash': null } } },
    /only the annotations/,
  ],
  ['foreign annotation', 'cache-0', { metadata: { annotations: { other: 'x' } } }, /only the annotations/],
  ["another Pod's claim", 'cache-1', claim, /only the Pod that its token belongs to/],
  ["another Pod's label", 'cache-1', label, /only the Pod that its token belongs to/],
  ["another Pod's image", 'cache-1', image, /only the Pod that its token belongs to/],
  ["a stranger's label", 'cache-2', label, /only the Pod that its token belongs to/],
] as const

async function instanceChanges(site: InstallSite): Promise<string> {
  const { instance, pods } = await startInstances(site)
  await inForce(site, instance)
  const { uid } = pods[0].metadata
  const all = Object.fromEntries(Object.values(instanceAnnotations).map((key) => [key, '7']))
  assert.equal(await patch(instance, 'cache-0', { metadata: { uid, annotations: all } }), 'ok')
  const none = Object.fromEntries(Object.values(instanceAnnotations).map((key) => [key, null]))
  assert.equal(await patch(instance, 'cache-0', { metadata: { uid, annotations: none } }), 'ok')
  for (const [what, pod, body, reason] of refused) {
    const answer = await patch(instance, pod, body, Array.isArray(body) ? jsonPatch : mergePatch)
    assert.match(answer, /^403 .*redis-operator-instances/, what)
    assert.match(answer, reason, what)
  }
  return `${Object.keys(all).length} annotations set and taken away, ${refused.length} other changes refused`
}

/** A policy takes effect a moment after it was made. */
async function inForce({ client }: InstallSite, instance: Client): Promise<void> {
  await client.request(
    'GET',
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/redis-operator-instances',
  )
  await eventually('the policy is in force', async () =>
    (await patch(instance, 'cache-1', claim)).startsWith('403') ? true : undefined,
  )
}

async function unboundToken(site: InstallSite): Promise<string> {
  const { pods } = await startInstances(site)
  const unbound = await site.as(shop, cache)
  assert.match(await patch(unbound, 'cache-0', claim), /^403 .*only the Pod that its token belongs to/)
  const before = await site.as(shop, cache, pods[1])
  assert.equal(await patch(before, 'cache-1', claim), 'ok')
  await site.client.request('DELETE', `${podsPath}/cache-1`, { gracePeriodSeconds: 0 })
  await startInstances(site)
  // kube-apiserver remembers a good token for ten seconds.
  const after = await eventually('the token of the Pod that is gone is refused', async () => {
    const answer = await patch(before, 'cache-1', claim)
    return answer === 'ok' ? undefined : answer
  })
  assert.match(after, /^(401|403)/)
  return `an unbound one is refused, one of an earlier Pod of that name too (${after.slice(0, 3)})`
}

async function othersChange(site: InstallSite): Promise<string> {
  await startInstances(site)
  const { client } = site
  await ensure(client, `/api/v1/namespaces/${shop}/serviceaccounts`, account('web'))
  await ensure(client, `/api/v1/namespaces/${shop}/serviceaccounts`, account('deployer'))
  for (const pod of ['web-0', 'web-1']) await ensure(client, podsPath, barePod(pod, 'web'))
  await bindEdit(site, ['web', 'deployer'])
  const web = await site.as(shop, 'web', await client.request('GET', `${podsPath}/web-0`))
  const deployer = await site.as(shop, 'deployer')
  const cases: readonly (readonly [string, Client, string])[] = [
    ['the administrator', client, 'cache-0'],
    ['a deployer of the namespace', deployer, 'cache-0'],
    ['a deployer of the namespace', deployer, 'web-0'],
    ['a Pod named after its account, for its peer', web, 'web-1'],
  ]
  for (const [who, someone, pod] of cases)
    assert.equal(
      await patch(someone, pod, { metadata: { labels: { seen: 'true' } } }),
      'ok',
      `${who}: ${pod}`,
    )
  return `${cases.length} changes went through`
}

const account = (name: string): object => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })

async function bindEdit({ client }: InstallSite, accounts: readonly string[]): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io'
  await ensure(client, `/apis/${apiGroup}/v1/namespaces/${shop}/rolebindings`, {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'deployers' },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'edit' },
    subjects: accounts.map((name) => ({ kind: 'ServiceAccount', name, namespace: shop })),
  })
}
