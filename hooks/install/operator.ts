// Every object of the operator, by the file that holds it; the same for plain manifests and for the chart.
import { hooksRights, metacontrollerRole, peoplesRoles } from './access.ts'
import { instancePolicy } from './admission.ts'
import { installedKinds, type InstalledKind } from './kinds.ts'
import { hooksNetworkPolicy } from './network.ts'
import type { Site } from './site.ts'
import { hooksWorkload, operatorNamespaceObject } from './workload.ts'

export type OperatorManifests = Readonly<
  Record<
    | 'namespace'
    | 'crds'
    | 'cluster-roles'
    | 'admission-policy'
    | 'network-policy'
    | 'hooks'
    | 'composite-controllers',
    readonly object[]
  >
>

/** In the order in which they are best applied: hooks that answer before Metacontroller asks. */
export function operatorManifests(site: Site): OperatorManifests {
  return {
    namespace: [operatorNamespaceObject(site)],
    crds: installedKinds.map(({ crd }) => crd()),
    'cluster-roles': [...peoplesRoles(), metacontrollerRole(), ...hooksRights(site)],
    'admission-policy': instancePolicy(),
    'network-policy': [hooksNetworkPolicy(site)],
    hooks: hooksWorkload(site),
    'composite-controllers': installedKinds.map((kind) => controller(kind, site)),
  }
}

function controller({ compositeController }: InstalledKind, site: Site): object {
  const secretRef = { name: site.tokenSecret, namespace: site.namespace, key: 'token' }
  return compositeController(site.hooksUrl, (webhook) =>
    site.withToken({ ...webhook, authorization: { type: 'Bearer', secretRef } }, webhook),
  )
}
