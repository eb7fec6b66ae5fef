// Pods: the defaults that a real API server fills in, and what may change in a Pod that exists.
import { forbiddenValue, requiredValue, type Cause } from '../failure.ts'
import { fieldsOf, isEqual, isFields, listOf, textOf, type ApiObject, type Fields } from '../object.ts'
import type { Behaviour } from '../resource.ts'
import { canonicalQuantities, setDefaults } from './defaults.ts'
import { completeVolumes } from './pod-volumes.ts'

export const podBehaviour: Behaviour = { complete, validate }

function complete(pod: ApiObject, previous: ApiObject | undefined): void {
  const spec = fieldsOf(pod.spec)
  pod.spec = spec
  setDefaults(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
    securityContext: {},
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
  })
  setDefaults(spec, { serviceAccountName: spec['serviceAccount'] ?? 'default' })
  spec['serviceAccount'] = spec['serviceAccountName']
  for (const container of containersOf(spec)) completeContainer(container)
  completeVolumes(spec)
  tolerate(spec)
  if (previous === undefined) pod.status = { phase: 'Pending', qosClass: qualityOf(spec) }
}

export const containersOf = (spec: Fields): readonly Fields[] => [
  ...listOf(spec['initContainers']),
  ...listOf(spec['containers']),
]

function completeContainer(container: Fields): void {
  const image = textOf(container['image'])
  const isPinned = /:[^/]*$/.test(image) && !image.endsWith(':latest')
  setDefaults(container, {
    imagePullPolicy: isPinned ? 'IfNotPresent' : 'Always',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
  })
  for (const port of listOf(container['ports'])) setDefaults(port, { protocol: 'TCP' })
  for (const variable of listOf(container['env'])) completeVariable(variable)
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name]
    if (isFields(probe)) completeProbe(probe)
  }
  for (const hook of Object.values(fieldsOf(container['lifecycle']))) completeRequest(fieldsOf(hook))
  completeResources(container)
}

function completeVariable(variable: Fields): void {
  const reference = fieldsOf(variable['valueFrom'])['fieldRef']
  if (isFields(reference)) setDefaults(reference, { apiVersion: 'v1' })
  if (variable['value'] === '') delete variable['value']
}

function completeProbe(probe: Fields): void {
  setDefaults(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
  completeRequest(probe)
  if (isFields(probe['grpc'])) setDefaults(probe['grpc'], { service: '' })
}

function completeRequest(handler: Fields): void {
  if (isFields(handler['httpGet'])) setDefaults(handler['httpGet'], { path: '/', scheme: 'HTTP' })
}

/** A limit is the request where none is given. */
function completeResources(container: Fields): void {
  const resources = fieldsOf(container['resources'])
  canonicalQuantities(resources, ['limits', 'requests'])
  const limits = fieldsOf(resources['limits'])
  if (Object.keys(limits).length > 0)
    resources['requests'] = { ...limits, ...fieldsOf(resources['requests']) }
}

/** As the admission plugin DefaultTolerationSeconds does, also when somebody takes them away. */
function tolerate(spec: Fields): void {
  const tolerations = [...listOf(spec['tolerations'])]
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const isTolerated = tolerations.some(
      (each) =>
        (each['key'] === undefined || each['key'] === key) &&
        [undefined, 'NoExecute'].includes(each['effect'] as never),
    )
    if (!isTolerated)
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  }
  spec['tolerations'] = tolerations
}

function qualityOf(spec: Fields): string {
  const all = containersOf(spec).map(({ resources }) => fieldsOf(resources))
  const isEmpty = all.every(({ limits, requests }) => limits === undefined && requests === undefined)
  if (isEmpty) return 'BestEffort'
  const isGuaranteed = all.every(({ limits, requests }) => {
    const names = Object.keys(fieldsOf(limits))
    return names.includes('cpu') && names.includes('memory') && isEqual(limits, requests)
  })
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

function validate(pod: ApiObject, previous: ApiObject | undefined): readonly Cause[] {
  if (previous !== undefined) return changes(fieldsOf(pod.spec), fieldsOf(previous.spec))
  const containers = listOf(fieldsOf(pod.spec)['containers'])
  if (containers.length === 0) return [requiredValue('spec.containers')]
  return containers.flatMap((container, index) =>
    ['name', 'image']
      .filter((field) => textOf(container[field]) === '')
      .map((field) => requiredValue(`spec.containers[${index}].${field}`)),
  )
}

const immutable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

function changes(spec: Fields, before: Fields): readonly Cause[] {
  const isSame = isEqual(fixedPart(spec), fixedPart(before))
  const kept = listOf(before['tolerations']).every((old) =>
    listOf(spec['tolerations']).some((each) =>
      isEqual({ ...each, tolerationSeconds: 0 }, { ...old, tolerationSeconds: 0 }),
    ),
  )
  return isSame && kept ? [] : [forbiddenValue('spec', immutable)]
}

function fixedPart(spec: Fields): Fields {
  const { tolerations: _tolerations, activeDeadlineSeconds: _deadline, ...rest } = spec
  const withoutImages = (name: string): readonly Fields[] =>
    listOf(spec[name]).map(({ image: _image, ...container }) => container)
  return { ...rest, containers: withoutImages('containers'), initContainers: withoutImages('initContainers') }
}
