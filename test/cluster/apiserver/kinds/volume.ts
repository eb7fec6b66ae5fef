// PersistentVolumeClaims and PersistentVolumes: defaults, and what may change in a claim.
import { forbiddenValue, requiredValue, type Cause } from '../failure.ts'
import { fieldsOf, hasFinalizer, isEqual, textOf, valueAt, type ApiObject, type Fields } from '../object.ts'
import { parseQuantity } from '../quantity.ts'
import type { Behaviour } from '../resource.ts'
import { canonicalQuantities, setDefaults } from './defaults.ts'

export const protection = 'kubernetes.io/pvc-protection'
export const volumeProtection = 'kubernetes.io/pv-protection'

export const claimBehaviour: Behaviour = { complete: completeClaim, validate: validateClaim }

export const volumeBehaviour: Behaviour = {
  complete: (volume, previous) => {
    const spec = fieldsOf(volume.spec)
    volume.spec = spec
    setDefaults(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' })
    canonicalQuantities(spec, ['capacity'])
    if (previous !== undefined) return
    volume.status = { phase: 'Pending' }
    protect(volume, volumeProtection)
  },
}

function completeClaim(claim: ApiObject, previous: ApiObject | undefined): void {
  const spec = fieldsOf(claim.spec)
  claim.spec = spec
  setDefaults(spec, { volumeMode: 'Filesystem' })
  canonicalQuantities(fieldsOf(spec['resources']), ['requests', 'limits'])
  canonicalQuantities(fieldsOf(claim.status), ['capacity', 'allocatedResources'])
  if (previous !== undefined) return
  claim.status = { phase: 'Pending' }
  protect(claim, protection)
}

function protect(object: ApiObject, finalizer: string): void {
  const { finalizers = [] } = object.metadata
  if (!hasFinalizer(object, finalizer)) object.metadata.finalizers = [...finalizers, finalizer]
}

function validateClaim(claim: ApiObject, previous: ApiObject | undefined): readonly Cause[] {
  if (previous === undefined) return completeness(claim)
  return [...fixedFields(claim, previous), ...shrinking(claim, previous)]
}

function completeness({ spec }: ApiObject): readonly Cause[] {
  const { accessModes, resources } = fieldsOf(spec)
  const isSized = valueAt(resources, ['requests', 'storage']) !== undefined
  return [
    ...(Array.isArray(accessModes)
      ? []
      : [requiredValue('spec.accessModes', 'at least 1 access mode is required')]),
    ...(isSized ? [] : [requiredValue('spec.resources[storage]')]),
  ]
}

const immutable =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

/** A class may still be given to a claim without one, a volume to a claim that is not bound. */
function fixedFields(claim: ApiObject, previous: ApiObject): readonly Cause[] {
  const [spec, before] = [fieldsOf(claim.spec), fieldsOf(previous.spec)]
  const isBound = valueAt(previous, ['status', 'phase']) === 'Bound'
  const free = [
    ...(isBound ? ['resources', 'volumeAttributesClassName'] : []),
    ...['volumeName', 'storageClassName'].filter((name) => before[name] === undefined),
  ]
  const fixed = (of: Fields): Fields =>
    Object.fromEntries(Object.entries(of).filter(([name]) => !free.includes(name)))
  return isEqual(fixed(spec), fixed(before)) ? [] : [forbiddenValue('spec', immutable)]
}

function shrinking(claim: ApiObject, previous: ApiObject): readonly Cause[] {
  const [size, before] = [claim, previous].map((each) =>
    sizeOf(valueAt(each, ['spec', 'resources', 'requests', 'storage'])),
  )
  const given = sizeOf(valueAt(previous, ['status', 'capacity', 'storage']))
  if (size === undefined || before === undefined || given === undefined) return []
  if (size >= before || size > given) return []
  return [forbiddenValue('spec.resources.requests.storage', 'field can not be less than status.capacity')]
}

const sizeOf = (value: unknown): bigint | undefined => parseQuantity(textOf(value))?.nano
