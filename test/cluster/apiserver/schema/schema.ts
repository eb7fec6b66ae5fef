// Structural schemas of CRDs: their shape, and the walk that the parts which use them share.
import type { FindListKeys } from '../patch/list-keys.ts'

export interface Rule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

export interface Schema {
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'granular' | 'atomic'
  readonly 'x-kubernetes-validations'?: readonly Rule[]
}

/** The schema of one property, or undefined when there is none. */
export function schemaOfField(schema: Schema, name: string): Schema | undefined {
  const own = schema.properties
  if (own !== undefined && Object.hasOwn(own, name)) return own[name]
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

export const keepsUnknown = (schema: Schema): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true

/** `spec.items[0].name`, as messages write it. */
export const fieldPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

export const keyPath = (path: string, key: string): string => `${path}[${key}]`

/** How lists merge when a custom object is applied. */
export function listKeysOf(root: Schema): FindListKeys {
  return (path) => {
    const schema = path.reduce<Schema | undefined>(
      (each, name) => each && schemaOfField(each.items ?? each, name),
      root,
    )
    const type = schema?.['x-kubernetes-list-type']
    if (type === 'set') return { kind: 'set' }
    const keys = schema?.['x-kubernetes-list-map-keys']
    if (type === 'map' && keys !== undefined) return { kind: 'map', keys }
    return path.join('.') === 'metadata.finalizers' ? { kind: 'set' } : ownerKeys(path)
  }
}

const ownerKeys = (path: readonly string[]): ReturnType<FindListKeys> =>
  path.join('.') === 'metadata.ownerReferences' ? { kind: 'map', keys: ['uid'] } : undefined
