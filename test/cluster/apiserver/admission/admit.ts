// What a real cluster's admission plugins do to the objects that are met here; changes the draft or refuses it.
import { forbidden } from '../failure.ts'
import { fieldsOf, textOf, valueAt, type ApiObject } from '../object.ts'
import { kinds, objectOf, objectsOf, type Cluster } from '../cluster.ts'
import { parseQuantity } from '../quantity.ts'
import type { Resource } from '../resource.ts'
import { admitServiceAccount } from './service-account.ts'

export function admit(
  cluster: Cluster,
  resource: Resource,
  draft: ApiObject,
  previous: ApiObject | undefined,
): void {
  if (resource.custom !== undefined) return
  if (resource === kinds.pod && previous === undefined) admitServiceAccount(cluster, draft)
  if (resource === kinds.claim) admitClaim(cluster, draft, previous)
  if (resource.kind === 'Service' && previous === undefined) giveAddress(cluster, draft)
}

const defaultClass = 'storageclass.kubernetes.io/is-default-class'

function admitClaim(cluster: Cluster, claim: ApiObject, previous: ApiObject | undefined): void {
  const spec = fieldsOf(claim.spec)
  if (previous !== undefined) {
    refuseGrowth(cluster, claim, previous)
    return
  }
  const preset = objectsOf(cluster, kinds.storageClass).find(
    ({ metadata }) => metadata.annotations?.[defaultClass] === 'true',
  )
  if (spec['storageClassName'] === undefined && preset !== undefined)
    spec['storageClassName'] = preset.metadata.name
}

function refuseGrowth(cluster: Cluster, claim: ApiObject, previous: ApiObject): void {
  const sizeOf = (object: ApiObject): bigint =>
    parseQuantity(textOf(valueAt(object, ['spec', 'resources', 'requests', 'storage'])))?.nano ?? 0n
  const storageClass = objectOf(cluster, kinds.storageClass, '', textOf(previous.spec?.['storageClassName']))
  if (sizeOf(claim) <= sizeOf(previous) || storageClass?.['allowVolumeExpansion'] === true) return
  if (valueAt(previous, ['status', 'phase']) !== 'Bound') return
  throw forbidden(
    kinds.claim,
    claim.metadata.name,
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  )
}

function giveAddress(cluster: Cluster, service: ApiObject): void {
  const spec = fieldsOf(service.spec)
  const isGiven = textOf(spec['clusterIP']) !== '' || spec['type'] === 'ExternalName'
  if (service.spec !== undefined && !isGiven) spec['clusterIP'] = cluster.allocateServiceIp()
}
