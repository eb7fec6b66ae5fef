// Makes a CustomResourceDefinition from TypeBox schemas; refuses what a structural schema cannot say, so nothing is dropped silently.
import type { TSchema } from '@sinclair/typebox'

export interface CrdOptions {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly spec: TSchema
  readonly status: TSchema
  readonly scale?: Readonly<Record<string, string>>
  readonly printerColumns: readonly object[]
  readonly validations: readonly { readonly rule: string; readonly message: string }[]
}

/** The CRD as a plain object, keys in the order in which it reads best. */
export function crdFor(options: CrdOptions): object {
  const { group, version, kind, plural, singular, shortNames, categories, scale } = options
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories },
      scope: 'Namespaced',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {}, ...(scale === undefined ? {} : { scale }) },
          additionalPrinterColumns: options.printerColumns,
          schema: { openAPIV3Schema: rootSchema(options) },
        },
      ],
    },
  }
}

function rootSchema({ spec, status, validations }: CrdOptions): object {
  return {
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(spec, 'spec'),
      status: structural(status, 'status'),
    },
    ...(validations.length > 0 ? { 'x-kubernetes-validations': validations } : {}),
  }
}

const copied = [
  'type',
  'format',
  'description',
  'default',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
] as const

const handled: readonly string[] = [
  ...copied,
  'properties',
  'required',
  'items',
  'additionalProperties',
  'anyOf',
  'const',
  'patternProperties',
]

/** One schema as Kubernetes' structural dialect. Throws, with the path, on anything that would be lost. */
export function structural(schema: object, path: string): object {
  const source = schema as Readonly<Record<string, unknown>>
  const lost = Object.keys(source).filter((key) => !handled.includes(key))
  if (lost.length > 0) throw new Error(`${path}: a structural schema cannot say ${lost.join(', ')}`)
  const kept = copied.filter((key) => source[key] !== undefined).map((key) => [key, source[key]] as const)
  return typed(path, {
    ...Object.fromEntries(kept),
    ...alternatives(source, path),
    ...objectParts(source, path),
    ...itemsOf(source, path),
  })
}

/** Every node of a structural schema has a type, but for the two kinds that say why it has none. */
function typed(path: string, schema: Readonly<Record<string, unknown>>): object {
  const excused =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (schema['type'] === undefined && !excused) throw new Error(`${path}: a structural schema needs a type`)
  if (schema['type'] === 'array' && schema['items'] === undefined)
    throw new Error(`${path}: a structural schema needs the items of an array`)
  return schema
}

/** A union is an enumeration of texts, or the one union that Kubernetes knows: int-or-string. */
function alternatives(source: Readonly<Record<string, unknown>>, path: string): object {
  if (source['const'] !== undefined) return textsOnly([source['const']], path)
  if (!Array.isArray(source['anyOf'])) return {}
  if (source['x-kubernetes-int-or-string'] === true) return { anyOf: source['anyOf'] as unknown }
  return textsOnly(
    source['anyOf'].map((option: { const?: unknown }) => option.const),
    path,
  )
}

function textsOnly(values: readonly unknown[], path: string): object {
  if (!values.every((value) => typeof value === 'string'))
    throw new Error(`${path}: only unions of texts can be expressed`)
  return { type: 'string', enum: values }
}

/** `additionalProperties: false` is what pruning does anyway; a schema there makes a map. */
function objectParts(source: Readonly<Record<string, unknown>>, path: string): object {
  const { properties, required } = source
  const additionalProperties = source['additionalProperties'] ?? valuesOf(source, path)
  if (additionalProperties === true)
    throw new Error(`${path}: open objects need x-kubernetes-preserve-unknown-fields`)
  return {
    ...(isObject(additionalProperties)
      ? { additionalProperties: structural(additionalProperties, `${path}.*`) }
      : {}),
    ...(isObject(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, each]) => [
              name,
              structural(each as object, `${path}.${name}`),
            ]),
          ),
        }
      : {}),
    ...(Array.isArray(required)
      ? requiredOf(required as string[], properties as Record<string, object>)
      : {}),
  }
}

/** What TypeBox' Record calls every key. */
const everyKey = '^(.*)$'

/** A map has one kind of value for every key; what its keys look like only a rule can say. */
function valuesOf({ patternProperties }: Readonly<Record<string, unknown>>, path: string): unknown {
  const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : []
  const finer = patterns.filter(([pattern]) => pattern !== everyKey)
  if (finer.length > 0) throw new Error(`${path}: a structural schema cannot tell keys apart`)
  return patterns[0]?.[1] as unknown
}

/** A field with a default is never missing once the API server has filled it in: requiring it would only refuse short manifests. */
function requiredOf(required: readonly string[], properties: Readonly<Record<string, object>>): object {
  const needed = required.filter((name) => !('default' in (properties[name] ?? {})))
  return needed.length > 0 ? { required: needed } : {}
}

function itemsOf({ items }: Readonly<Record<string, unknown>>, path: string): object {
  return isObject(items) ? { items: structural(items, `${path}[]`) } : {}
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
