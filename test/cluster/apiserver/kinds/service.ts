// Services: defaults, and what is fixed once an address is given.
import { invalidValue, requiredValue, type Cause } from '../failure.ts'
import { fieldsOf, listOf, type ApiObject } from '../object.ts'
import type { Behaviour } from '../resource.ts'
import { setDefaults } from './defaults.ts'

export const serviceBehaviour: Behaviour = { complete, validate }

function complete(service: ApiObject, previous: ApiObject | undefined): void {
  const spec = fieldsOf(service.spec)
  service.spec = spec
  setDefaults(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
  for (const port of listOf(spec['ports'])) setDefaults(port, { protocol: 'TCP', targetPort: port['port'] })
  if (spec['type'] !== 'ExternalName')
    setDefaults(spec, {
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    })
  const given = fieldsOf(previous?.spec)
  if (spec['clusterIP'] === undefined || spec['clusterIP'] === '') spec['clusterIP'] = given['clusterIP']
  if (spec['clusterIP'] === undefined) delete spec['clusterIP']
  else spec['clusterIPs'] = [spec['clusterIP']]
  if (previous === undefined) service.status = { loadBalancer: {} }
}

function validate(service: ApiObject, previous: ApiObject | undefined): readonly Cause[] {
  const spec = fieldsOf(service.spec)
  const address = fieldsOf(previous?.spec)['clusterIP']
  const moved = address !== undefined && spec['clusterIP'] !== address
  const ports = listOf(spec['ports'])
  const isHeadless = spec['clusterIP'] === 'None' || spec['type'] === 'ExternalName'
  return [
    ...(moved ? [invalidValue('spec.clusterIPs[0]', [spec['clusterIP']], 'may not change once set')] : []),
    ...(ports.length === 0 && !isHeadless ? [requiredValue('spec.ports')] : []),
    ...(ports.length > 1 ? unnamed(ports) : []),
  ]
}

function unnamed(ports: readonly Record<string, unknown>[]): readonly Cause[] {
  return ports.flatMap(({ name }, index) =>
    name === undefined ? [requiredValue(`spec.ports[${index}].name`)] : [],
  )
}
