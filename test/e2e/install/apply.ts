// kubectl apply -k manifests on a real API server, and its way out.
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { installedKinds } from '../../../hooks/install/kinds.ts'
import { restricted } from '../../../hooks/install/workload.ts'
import type { KubernetesObject } from '../../cluster/client.ts'
import { eventually } from '../eventually.ts'
import { verdict, type InstallSite, type Scenario } from './site.ts'

export const root = resolve(import.meta.dirname, '../../..')
const system = '/api/v1/namespaces/redis-operator-system'
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** The first one installs what all others need. */
export const applyScenarios: readonly [Scenario, ...Scenario[]] = [
  { name: 'kubectl apply -k manifests, twice', run: appliesTwice },
  { name: 'every example and folder passes a dry run', run: dryRuns },
  { name: 'the namespace takes the Pods of the hooks, and none that runs as root', run: restrictsPods },
  { name: 'kubectl delete -k manifests, clusters and backups first', run: uninstalls },
]

async function appliesTwice({ client, kubectl, programs }: InstallSite): Promise<string> {
  // Its kinds come with Metacontroller: from the folder, or they are there already.
  const { upstream } = programs
  if (upstream !== undefined) await kubectl(`apply --server-side -f ${upstream}/metacontroller-crds-v1.yaml`)
  await eventually('CompositeControllers are served', () =>
    client.request('GET', '/apis/metacontroller.k8s.io/v1alpha1/compositecontrollers'),
  )
  const first = await kubectl(`apply -k ${root}/manifests`)
  for (const { plural } of installedKinds)
    await kubectl(`wait --for=condition=Established --timeout=60s crd/${plural}.redis.io`)
  await kubectl(`apply -k ${root}/manifests`)
  assert.equal(await kubectl(`diff -k ${root}/manifests`), '')
  return `${first.split('\n').length} objects, then no difference`
}

async function dryRuns({ kubectl }: InstallSite): Promise<string> {
  for (const folder of ['manifests', 'metacontroller', 'examples/install'])
    await kubectl(`apply --dry-run=server -k ${root}/${folder}`)
  await kubectl(`apply --dry-run=server -n default -k ${root}/manifests/instances`)
  return 'four folders'
}

async function restrictsPods({ client }: InstallSite): Promise<string> {
  const deployment = await client.request(
    'GET',
    '/apis/apps/v1/namespaces/redis-operator-system/deployments/redis-operator',
  )
  const { template } = deployment['spec'] as { template: { metadata: object; spec: object } }
  const pod = (spec: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name: 'tried' },
    spec,
  })
  const create = (spec: object): Promise<string> =>
    verdict(client.request('POST', `${system}/pods?dryRun=All`, pod(spec)))
  assert.equal(await create(template.spec), 'ok')
  assert.match(
    await create({ ...template.spec, hostNetwork: true }),
    /^403 .*violates PodSecurity "restricted/,
  )
  assert.match(
    await create({ ...template.spec, securityContext: {} }),
    /^403 .*violates PodSecurity "restricted/,
  )
  const { metadata } = await client.request('GET', system)
  for (const [label, value] of Object.entries(restricted)) assert.equal(metadata.labels?.[label], value)
  return 'as the Deployment has it: admitted; host network or root: refused'
}

/** In the documented order; without Metacontroller nobody follows a CompositeController. */
async function uninstalls({ client, kubectl }: InstallSite): Promise<string> {
  for (const { plural } of [...installedKinds].reverse())
    await kubectl(`delete ${plural} --all --all-namespaces --timeout=60s`)
  await kubectl(`delete -k ${root}/manifests --timeout=120s`)
  const left = await Promise.all(
    ['/api/v1/namespaces', crdPath, '/apis/rbac.authorization.k8s.io/v1/clusterroles'].map(async (path) => {
      const { items } = (await client.request('GET', path)) as unknown as {
        items: readonly KubernetesObject[]
      }
      return items.map(({ metadata }) => metadata.name).filter((name) => /redis/.test(name))
    }),
  )
  assert.deepEqual(left.flat(), [])
  return 'nothing is left'
}
