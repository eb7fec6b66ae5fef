// From what a client sent to what can be stored: pruned, with defaults, and valid.
import { badRequest, invalid, type Cause } from '../failure.ts'
import { fillDefaults } from '../schema/default.ts'
import { pruned } from '../schema/prune.ts'
import { violations } from '../schema/rules.ts'
import type { Schema } from '../schema/schema.ts'
import { validate } from '../schema/validate.ts'
import { withoutNothing } from '../kinds/defaults.ts'
import { clone, fieldsOf, isFields, type ApiObject, type Fields, type Meta } from '../object.ts'
import { apiVersionOf, type Resource } from '../resource.ts'
import { metadataFaults } from './metadata.ts'
import type { WriteOptions } from './request.ts'

/** A private copy of a body that has this kind, without the fields that its schema does not know. */
export function decode(resource: Resource, body: unknown, options: WriteOptions): ApiObject {
  const [kind, apiVersion] = [resource.kind, apiVersionOf(resource)]
  if (!isFields(body)) throw badRequest(`the body of the request is no object of kind ${kind}`)
  const { kind: given = kind, apiVersion: givenVersion = apiVersion } = body
  if (given !== kind || givenVersion !== apiVersion)
    throw badRequest(
      `${String(given)} in version ${JSON.stringify(givenVersion)} cannot be handled as a ${kind}: no kind "${String(given)}" is registered here for version "${String(givenVersion)}"`,
    )
  const copy = clone(body)
  const fields =
    resource.custom === undefined
      ? (withoutNothing(copy) as Fields)
      : known(resource, resource.custom.schema, copy, options)
  const metadata = { name: '', ...fieldsOf(fields['metadata']) }
  return { ...fields, apiVersion, kind, metadata: metadata as unknown as Meta }
}

function known(resource: Resource, schema: Schema, body: Fields, options: WriteOptions): Fields {
  const { object, unknown } = pruned(schema, body)
  const sentences = unknown.toSorted().map((path) => `unknown field "${path}"`)
  if (options.fieldValidation === 'Warn') sentences.forEach(options.warn)
  if (options.fieldValidation === 'Strict' && sentences.length > 0) {
    const { kind, version } = resource
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${sentences.join(', ')}`,
    )
  }
  return object
}

/** Fills in defaults, then refuses what is invalid; changes the draft. */
export function complete(resource: Resource, draft: ApiObject, previous: ApiObject | undefined): void {
  if (resource.custom !== undefined) fillDefaults(resource.custom.schema, draft)
  resource.complete?.(draft, previous)
  const causes = [
    ...metadataFaults(resource, draft),
    ...(resource.validate?.(draft, previous) ?? []),
    ...(resource.custom === undefined ? [] : customFaults(resource.custom.schema, draft, previous)),
  ]
  if (causes.length > 0) throw invalid(resource, draft.metadata.name, causes)
}

const unchecked: Cause = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
}

function customFaults(schema: Schema, draft: ApiObject, previous: ApiObject | undefined): readonly Cause[] {
  const faults = validate(schema, draft)
  if (!faults.some(({ reason }) => blocking.includes(reason)))
    return [...faults, ...violations(schema, draft, previous)]
  return hasRules(schema) ? [...faults, unchecked] : faults
}

/** Rules could not be trusted on objects with faults of these kinds. */
const blocking = ['FieldValueRequired', 'FieldValueTypeInvalid', 'FieldValueTooLong', 'FieldValueTooMany']

const hasRules = (schema: Schema): boolean => JSON.stringify(schema).includes('"x-kubernetes-validations"')
