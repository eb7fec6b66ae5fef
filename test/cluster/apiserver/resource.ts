// What the server knows about one kind of object: built-in kinds come from a table, others from CRDs.
import type { Cause } from './failure.ts'
import type { ApiObject } from './object.ts'
import type { Schema } from './schema/schema.ts'
import type { Column } from './table/columns.ts'

/** Paths of the fields behind a scale subresource. */
export interface ScalePaths {
  readonly specReplicas: readonly string[]
  readonly statusReplicas: readonly string[]
  readonly selector: readonly string[] | undefined
}

/** What a built-in kind does beyond the generic. `previous` is undefined when the object is being created. */
export interface Behaviour {
  /** Fills in what a real server fills in; changes the draft. */
  readonly complete?: (draft: ApiObject, previous: ApiObject | undefined) => void
  readonly validate?: (object: ApiObject, previous: ApiObject | undefined) => readonly Cause[]
}

export interface Resource extends Behaviour {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  /** The status is written through a subresource only. */
  readonly hasStatus: boolean
  readonly hasGeneration: boolean
  /** Further subresources that discovery shows. */
  readonly subresources: readonly Subresource[]
  readonly columns: readonly Column[]
  /** Undefined for built-in kinds. */
  readonly custom: Custom | undefined
}

export interface Subresource {
  readonly name: string
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs: readonly string[]
}

export interface Custom {
  readonly schema: Schema
  readonly scale: ScalePaths | undefined
  readonly storageVersion: string
}

export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`

/** All versions of a kind share their objects. */
export const storeKey = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string =>
  `${group}/${plural}`
