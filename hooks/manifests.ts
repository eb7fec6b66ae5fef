// Writes the generated manifests: CRDs, CompositeControllers, the operator's workload and policies, and the Helm chart.
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { chartFiles, documentsText } from './install/chart.ts'
import { installedKinds } from './install/kinds.ts'
import { metacontrollerManifests } from './install/metacontroller.ts'
import { instancesNetworkPolicy } from './install/network.ts'
import { operatorManifests } from './install/operator.ts'
import { defaultSite } from './install/site.ts'
import { group } from './rediscluster/names.ts'

const root = resolve(import.meta.dirname, '..')

export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

/** Path below the repository → content. */
export function generatedManifests(): Readonly<Record<string, string>> {
  const { crds, 'composite-controllers': controllers, ...objects } = operatorManifests(defaultSite(version))
  const plain = Object.entries(objects).map(
    ([name, documents]) => [`manifests/${name}.yaml`, documents] as const,
  )
  const files = {
    ...Object.fromEntries(
      installedKinds.flatMap(({ plural, singular }, index) => [
        [`manifests/crds/${group}_${plural}.yaml`, crds.slice(index, index + 1)] as const,
        [`metacontroller/${singular}.yaml`, controllers.slice(index, index + 1)] as const,
      ]),
    ),
    ...Object.fromEntries(plain),
    'manifests/instances/network-policy.yaml': [instancesNetworkPolicy()],
    ...metacontrollerManifests(),
  }
  const texts = Object.entries(files).map(([path, documents]) => [path, documentsText(documents)] as const)
  return { ...Object.fromEntries(texts), ...chartFiles(version) }
}

if (import.meta.main)
  for (const [path, content] of Object.entries(generatedManifests())) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
