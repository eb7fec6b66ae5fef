// Names, labels and the fields of the metadata that only the server sets.
import { invalidValue, requiredValue, type Cause } from '../failure.ts'
import type { ApiObject, Meta } from '../object.ts'
import type { Resource } from '../resource.ts'

export function metadataFaults(resource: Resource, { metadata }: ApiObject): readonly Cause[] {
  return [
    ...nameFaults(resource, metadata),
    ...labelFaults(metadata.labels ?? {}),
    ...keyFaults('metadata.annotations', metadata.annotations ?? {}),
  ]
}

/** What a client may not change, put back; changes the draft. */
export function keepSystemFields(draft: ApiObject, { metadata: old }: ApiObject): void {
  const { name, labels, annotations, ownerReferences, finalizers } = draft.metadata
  const { namespace, uid, resourceVersion, generation, creationTimestamp, generateName } = old
  const { deletionTimestamp, deletionGracePeriodSeconds } = old
  draft.metadata = withoutEmpty({
    ...{ name, generateName, namespace, uid, resourceVersion, generation, creationTimestamp },
    ...{ deletionTimestamp, deletionGracePeriodSeconds },
    ...{ labels, annotations, ownerReferences, finalizers },
  })
}

export function withoutEmpty(metadata: { readonly [K in keyof Meta]: Meta[K] | undefined }): Meta {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  return Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => !isEmpty(value)),
  ) as unknown as Meta
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const looseName = /^[^/%]+$/
const labelWord = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

function nameFaults({ group, kind }: Resource, { name }: Meta): readonly Cause[] {
  if (name === '') return [requiredValue('metadata.name', 'name or generateName is required')]
  if (group === 'rbac.authorization.k8s.io')
    return looseName.test(name) ? [] : [invalidValue('metadata.name', name, "may not contain '/'")]
  const isLabel = ['Namespace', 'Service'].includes(kind)
  const longest = isLabel ? 63 : 253
  if (name.length > longest)
    return [invalidValue('metadata.name', name, `must be no more than ${longest} bytes`)]
  if ((isLabel ? label : subdomain).test(name)) return []
  return [invalidValue('metadata.name', name, isLabel ? labelRule : subdomainRule)]
}

function labelFaults(labels: Readonly<Record<string, unknown>>): readonly Cause[] {
  const values = Object.values(labels).flatMap((value) => {
    if (typeof value !== 'string') return [invalidValue('metadata.labels', value, 'must be a string')]
    if (value.length > 63) return [invalidValue('metadata.labels', value, 'must be no more than 63 bytes')]
    return value === '' || labelWord.test(value) ? [] : [invalidValue('metadata.labels', value, valueRule)]
  })
  return [...keyFaults('metadata.labels', labels), ...values]
}

function keyFaults(field: string, map: Readonly<Record<string, unknown>>): readonly Cause[] {
  return Object.keys(map).flatMap((key) => {
    const parts = key.split('/')
    const word = parts.at(-1) ?? ''
    const prefix = parts.length > 1 ? parts[0] : undefined
    if (parts.length > 2) return [invalidValue(field, key, 'a valid label key has at most one slash')]
    if (prefix !== undefined && !subdomain.test(prefix))
      return [invalidValue(field, key, `prefix part ${subdomainRule}`)]
    if (word.length > 63) return [invalidValue(field, key, 'name part must be no more than 63 bytes')]
    return labelWord.test(word) ? [] : [invalidValue(field, key, keyRule)]
  })
}
