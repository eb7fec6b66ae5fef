// Refuses schemas that are not structural, and words that this server would not obey.
import { forbiddenValue, invalidValue, requiredValue, type Cause } from '../failure.ts'
import { patternOf } from './bounds.ts'
import type { Schema } from './schema.ts'

const known: readonly string[] = [
  ...[
    'type',
    'format',
    'title',
    'description',
    'example',
    'externalDocs',
    'nullable',
    'default',
    'enum',
    'pattern',
  ],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'required', 'properties'],
  ...['additionalProperties', 'items', 'allOf', 'anyOf', 'oneOf', 'not', 'x-kubernetes-int-or-string'],
  ...['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-list-type'],
  ...['x-kubernetes-list-map-keys', 'x-kubernetes-map-type', 'x-kubernetes-validations'],
]

export function structureFaults(root: Schema, path: string): readonly Cause[] {
  const faults =
    root.type === 'object' ? [] : [invalidValue(`${path}.type`, root.type, 'must be object at the root')]
  return [...faults, ...faultsOf(root, path)]
}

function faultsOf(schema: Schema, path: string): readonly Cause[] {
  const { properties = {}, additionalProperties, items } = schema
  const both = Object.keys(properties).length > 0 && additionalProperties !== undefined
  return [
    ...ownFaults(schema, path),
    ...(both ? [forbiddenValue(path, 'additionalProperties and properties are mutual exclusive')] : []),
    ...Object.entries(properties).flatMap(([name, each]) => faultsOf(each, `${path}.properties[${name}]`)),
    ...(typeof additionalProperties === 'object'
      ? faultsOf(additionalProperties, `${path}.additionalProperties`)
      : []),
    ...(items === undefined ? [] : faultsOf(items, `${path}.items`)),
  ]
}

function ownFaults(schema: Schema, path: string): readonly Cause[] {
  const strange = Object.keys(schema).filter((word) => !known.includes(word))
  const isUntyped =
    schema.type === undefined &&
    schema['x-kubernetes-int-or-string'] !== true &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  const keyless =
    schema['x-kubernetes-list-type'] === 'map' && schema['x-kubernetes-list-map-keys'] === undefined
  return [
    ...strange.map((word) => forbiddenValue(`${path}.${word}`, 'this server does not know the word')),
    ...(isUntyped ? [requiredValue(`${path}.type`, 'must not be empty for specified object fields')] : []),
    ...(schema.type === 'array' && schema.items === undefined
      ? [requiredValue(`${path}.items`, 'must be specified')]
      : []),
    ...(keyless ? [requiredValue(`${path}.x-kubernetes-list-map-keys`)] : []),
    ...(schema.uniqueItems === true
      ? [forbiddenValue(`${path}.uniqueItems`, 'uniqueItems cannot be set to true')]
      : []),
    ...patternFaults(schema, path),
  ]
}

function patternFaults({ pattern }: Schema, path: string): readonly Cause[] {
  try {
    if (pattern !== undefined) patternOf(pattern)
    return []
  } catch (error) {
    return [
      invalidValue(
        `${path}.pattern`,
        pattern,
        `must be a valid regular expression, but isn't: ${(error as Error).message}`,
      ),
    ]
  }
}
