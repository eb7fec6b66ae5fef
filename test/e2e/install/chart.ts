// The Helm chart through Helm itself: the same objects as the plain manifests, installed, upgraded and uninstalled.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { installedKinds } from '../../../hooks/install/kinds.ts'
import { byIdentity, withoutSite } from '../../support/manifests.ts'
import { root } from './apply.ts'
import type { InstallSite, Scenario } from './site.ts'

export const chartScenarios: readonly Scenario[] = [
  { name: 'helm template and kubectl kustomize give the same objects', run: sameObjects },
  { name: 'helm install, upgrade, uninstall', run: lifecycle },
]

const leftOut = 'left out: no --helm'
const namespace = 'redis-operator-system'
const chart = `${root}/manifests/chart`

type Helm = (line: string) => Promise<string>

/** Undefined where there is none. */
function helmOf({ programs, environment }: InstallSite): Helm | undefined {
  const { helm } = programs
  if (helm === undefined) return undefined
  return async (line) => (await promisify(execFile)(helm, line.split(' '), { env: environment })).stdout
}

const objectsIn = (text: string): readonly object[] =>
  parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as object | null
    return object === null ? [] : [object]
  })

async function sameObjects(site: InstallSite): Promise<string> {
  const helm = helmOf(site)
  if (helm === undefined) return leftOut
  const template = `template redis-operator ${chart} --namespace ${namespace} --kube-version 1.36.0`
  const guarded = '--set tokenSecret=redis-operator-hooks --set image=registry.example/redis-operator:0.1.0'
  const pairs = [
    ['manifests', template],
    ['examples/install', `${template} ${guarded}`],
  ] as const
  for (const [folder, line] of pairs) {
    const plain = objectsIn(await site.kubectl(`kustomize ${root}/${folder}`))
    assert.deepEqual(byIdentity(withoutSite(objectsIn(await helm(line)))), byIdentity(withoutSite(plain)))
  }
  return 'with the defaults, and with an image and a token'
}

async function lifecycle(site: InstallSite): Promise<string> {
  const helm = helmOf(site)
  if (helm === undefined) return leftOut
  const { client, kubectl } = site
  const deployment = '/apis/apps/v1/namespaces/redis-operator-system/deployments/redis-operator'
  await helm(`install redis-operator ${chart} --namespace ${namespace} --create-namespace`)
  await assert.rejects(
    helm(`upgrade redis-operator ${chart} --namespace ${namespace} --set replicas=0`),
    /replicas/,
  )
  await kubectl(
    'patch crd redisclusters.redis.io --type=json -p [{"op":"remove","path":"/spec/names/categories"}]',
  )
  await helm(`upgrade redis-operator ${chart} --namespace ${namespace} --set replicas=3`)
  const { replicas } = (await client.request('GET', deployment))['spec'] as { replicas: number }
  assert.equal(replicas, 3)
  await helm(`uninstall redis-operator --namespace ${namespace} --wait`)
  await assert.rejects(client.request('GET', deployment), /not found/)
  for (const { plural } of installedKinds) {
    assert.match(await kubectl(`get crd ${plural}.redis.io -o name`), new RegExp(plural))
    await kubectl(`delete crd ${plural}.redis.io`)
  }
  await kubectl(`delete namespace ${namespace}`)
  return 'values are checked, an upgrade takes, the CRDs stay when the release goes'
}
