// Objects as a Table or as mere metadata, when a client asks for that in its Accept header.
import type { ApiObject } from '../object.ts'
import type { Column } from './columns.ts'

export type Form = 'object' | 'Table' | 'PartialObjectMetadata'

export function formOf(accept: string): Form {
  const first = accept.split(',')[0] ?? ''
  if (/;\s*as=Table/.test(first)) return 'Table'
  return /;\s*as=PartialObjectMetadata/.test(first) ? 'PartialObjectMetadata' : 'object'
}

export const partialOf = ({ metadata }: ApiObject): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
})

export interface TableOptions {
  readonly resourceVersion: string
  /** What each row carries of its object: `None`, `Metadata` or `Object`. */
  readonly include: string
}

export function tableOf(
  columns: readonly Column[],
  objects: readonly ApiObject[],
  options: TableOptions,
): object {
  const { resourceVersion, include } = options
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: columns.map(({ cell: _cell, ...definition }) => definition),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partialOf(object) }),
    })),
  }
}
