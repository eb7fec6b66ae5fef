// What every stored object looks like to the generic parts of the server, and the few things done to any of them.
import { isDeepStrictEqual } from 'node:util'

export type Fields = Record<string, unknown>

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface Meta {
  name: string
  generateName?: string
  namespace?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: unknown
  selfLink?: unknown
}

/** Never changed once it is stored: a write replaces it. */
export interface ApiObject {
  apiVersion: string
  kind: string
  metadata: Meta
  spec?: Fields
  status?: Fields
  [field: string]: unknown
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

export const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter((each): each is Fields => isFields(each)) : []

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const clone = <T>(value: T): T => structuredClone(value)

export const isEqual = (one: unknown, other: unknown): boolean => isDeepStrictEqual(one, other)

/** Times in Kubernetes have no fractions of a second. */
export const timestamp = (milliseconds = Date.now()): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')

export const hasFinalizer = ({ metadata }: ApiObject, name: string): boolean =>
  metadata.finalizers?.includes(name) ?? false

/** The value at the end of a path of field names. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isFields(value) ? value[name] : undefined), object)
}

/** Changes the object; makes the fields on the way. */
export function setValueAt(object: Fields, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) object[name] = value
  else {
    if (!isFields(object[name])) object[name] = {}
    setValueAt(object[name] as Fields, rest, value)
  }
}
