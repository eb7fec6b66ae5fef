// Who may do what: tokens of ServiceAccounts, and Roles.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configMap, core, openBench, pod, refusalOf, type Bench } from '../../support/api-server.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1'
const inDefault = `${rbac}/namespaces/default`
const maps = `${core}/configmaps`
const bot = { kind: 'ServiceAccount', name: 'bot', namespace: 'default' }

interface Rule {
  readonly verbs: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
}

async function issue({ client }: Bench, account: string, spec: object = {}): Promise<string> {
  const path = `${core}/serviceaccounts/${account}/token`
  const { status } = (await client.request('POST', path, { spec })) as unknown as {
    status: { token: string }
  }
  return status.token
}

/** The ServiceAccount `bot`, allowed what a Role says. */
async function allow(bench: Bench, ...rules: readonly Rule[]): Promise<string> {
  await bench.create(`${core}/serviceaccounts`, { metadata: { name: 'bot' } })
  const full = rules.map((rule) => ({ apiGroups: [''], ...rule }))
  await bench.create(`${inDefault}/roles`, { metadata: { name: 'r' }, rules: full })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }
  await bench.create(`${inDefault}/rolebindings`, { metadata: { name: 'b' }, roleRef, subjects: [bot] })
  return issue(bench, 'bot')
}

describe('tokens', () => {
  it('refuses tokens that nobody issued', async (t) => {
    const bench = await openBench(t)
    const { status, message } = await refusalOf(bench.as('made-up').request('GET', maps))
    assert.deepEqual([status, message], [401, 'Unauthorized'])
  })

  it('ends the tokens of a ServiceAccount with it, even if it is made again', async (t) => {
    const bench = await openBench(t)
    const me = bench.as(await allow(bench, { verbs: ['get'], resources: ['configmaps'] }))
    await me.request('GET', `${maps}/kube-root-ca.crt`)
    await bench.remove(`${core}/serviceaccounts/bot`)
    await bench.create(`${core}/serviceaccounts`, { metadata: { name: 'bot' } })
    assert.equal((await refusalOf(me.request('GET', `${maps}/kube-root-ca.crt`))).status, 401)
  })

  it('ends a token that is bound to a Pod with this Pod, even if another takes its name', async (t) => {
    const bench = await openBench(t)
    const { metadata } = await bench.create(`${core}/pods`, pod('p'))
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: metadata.uid }
    const me = bench.as(await issue(bench, 'default', { boundObjectRef }))
    assert.equal((await refusalOf(me.request('GET', maps))).status, 403)
    await bench.remove(`${core}/pods/p`)
    await bench.create(`${core}/pods`, pod('p'))
    assert.equal((await refusalOf(me.request('GET', maps))).status, 401)
  })

  it('issues no token for a Pod of another identity', async (t) => {
    const bench = await openBench(t)
    await bench.create(`${core}/pods`, pod('p'))
    const spec = { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'other' } }
    const { status } = await bench.refusal('POST', `${core}/serviceaccounts/default/token`, { spec })
    assert.equal(status, 409)
  })

  it('tells a client who it is', async (t) => {
    const bench = await openBench(t)
    const me = bench.as(await issue(bench, 'default'))
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const { status } = (await me.request('POST', path, {})) as unknown as {
      status: { userInfo: { username: string } }
    }
    assert.equal(status.userInfo.username, 'system:serviceaccount:default:default')
  })
})

describe('roles', () => {
  it('allows what a Role lists and nothing else, and says what is missing', async (t) => {
    const bench = await openBench(t)
    const me = bench.as(await allow(bench, { verbs: ['get', 'list'], resources: ['configmaps'] }))
    await me.request('GET', maps)
    const { status, message } = await refusalOf(me.request('POST', maps, configMap('a')))
    assert.equal(status, 403)
    const user =
      'User "system:serviceaccount:default:bot" cannot create resource "configmaps" in API group ""'
    assert.equal(message, `configmaps is forbidden: ${user} in the namespace "default"`)
    const elsewhere = me.request('GET', '/api/v1/namespaces/kube-system/configmaps')
    assert.equal((await refusalOf(elsewhere)).status, 403)
    assert.match((await refusalOf(me.request('GET', '/api/v1/configmaps'))).message, /at the cluster scope$/)
  })

  it('allows named objects only, in lists and watches through a selector of the name', async (t) => {
    const bench = await openBench(t)
    for (const name of ['mine', 'other']) await bench.create(maps, configMap(name))
    const rule = { verbs: ['get', 'list', 'watch'], resources: ['configmaps'], resourceNames: ['mine'] }
    const me = bench.as(await allow(bench, rule))
    await me.request('GET', `${maps}/mine`)
    await me.request('GET', `${maps}?fieldSelector=metadata.name%3Dmine`)
    for (const path of [
      `${maps}/other`,
      maps,
      `${maps}?fieldSelector=metadata.name%3Dother`,
      `${maps}?watch=true`,
    ])
      assert.equal((await refusalOf(me.request('GET', path))).status, 403, path)
  })

  it('treats subresources as resources of their own', async (t) => {
    const bench = await openBench(t)
    await bench.create(`${core}/pods`, pod('p'))
    const me = bench.as(await allow(bench, { verbs: ['patch'], resources: ['pods'] }))
    const merge = 'application/merge-patch+json'
    await me.request('PATCH', `${core}/pods/p`, { metadata: { annotations: { a: '1' } } }, merge)
    const { message } = await refusalOf(me.request('PATCH', `${core}/pods/p/status`, {}, merge))
    assert.match(message, /^pods "p" is forbidden: .* cannot patch resource "pods\/status"/)
  })

  it('allows in one namespace what a RoleBinding takes from a ClusterRole, and everywhere what a ClusterRoleBinding gives', async (t) => {
    const bench = await openBench(t)
    const me = bench.as(await allow(bench))
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get'] }]
    await bench.create(`${rbac}/clusterroles`, { metadata: { name: 'reader' }, rules })
    const binding = {
      metadata: { name: 'reads' },
      roleRef: { kind: 'ClusterRole', name: 'reader' },
      subjects: [bot],
    }
    const elsewhere = '/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt'
    await bench.create(`${inDefault}/rolebindings`, binding)
    await me.request('GET', `${maps}/kube-root-ca.crt`)
    assert.equal((await refusalOf(me.request('GET', elsewhere))).status, 403)
    await bench.create(`${rbac}/clusterrolebindings`, binding)
    await me.request('GET', elsewhere)
  })

  it('adds up ClusterRoles by their labels', async (t) => {
    const bench = await openBench(t)
    const me = bench.as(await allow(bench))
    const labels = { 'example.com/aggregate': 'yes' }
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: labels }] }
    await bench.create(`${rbac}/clusterroles`, { metadata: { name: 'sum' }, rules: [], aggregationRule })
    const group = [{ kind: 'Group', name: 'system:serviceaccounts:default' }]
    const roleRef = { kind: 'ClusterRole', name: 'sum' }
    await bench.create(`${rbac}/clusterrolebindings`, { metadata: { name: 'sum' }, roleRef, subjects: group })
    assert.equal((await refusalOf(me.request('GET', `${maps}/kube-root-ca.crt`))).status, 403)
    await bench.create(`${rbac}/clusterroles`, { metadata: { name: 'part', labels }, rules })
    await me.request('GET', `${maps}/kube-root-ca.crt`)
  })

  it('lets everybody with a token discover the API, and ask what is allowed', async (t) => {
    const bench = await openBench(t)
    const me = bench.as(await allow(bench, { verbs: ['get'], resources: ['secrets'] }))
    await me.request('GET', '/apis')
    await me.request('GET', '/apis/policy/v1')
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const asks = (verb: string) =>
      me.request('POST', path, {
        spec: { resourceAttributes: { verb, resource: 'secrets', namespace: 'default' } },
      })
    assert.deepEqual((await asks('get'))['status'], { allowed: true })
    assert.deepEqual((await asks('list'))['status'], { allowed: false })
  })
})
