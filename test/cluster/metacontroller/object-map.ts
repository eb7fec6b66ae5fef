// Objects as they stand in a request: `Kind.version` or `Kind.group/version` → `namespace/name` or `name` → object.
import type { KubernetesObject } from '../client.ts'

export type ObjectMap = Readonly<Record<string, Readonly<Record<string, KubernetesObject>>>>

export const kindKey = ({
  apiVersion,
  kind,
}: {
  readonly apiVersion: string
  readonly kind: string
}): string => `${kind}.${apiVersion}`

export const nameKey = ({ metadata: { namespace = '', name } }: KubernetesObject): string =>
  namespace === '' ? name : `${namespace}/${name}`

/** The last of two with the same name wins. */
export function objectMap(objects: readonly KubernetesObject[]): ObjectMap {
  const kinds = Object.groupBy(objects, kindKey)
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, ofKind = []]) => [
      kind,
      Object.fromEntries(ofKind.map((object) => [nameKey(object), object])),
    ]),
  )
}

/** By group, version and kind: Metacontroller's order of work, whatever the order in the answer. */
export function sortedKinds(map: ObjectMap): readonly string[] {
  const rank = (key: string): readonly [group: string, version: string, kind: string] => {
    const dot = key.indexOf('.')
    const [version = '', group = ''] = key
      .slice(dot + 1)
      .split('/')
      .reverse()
    return [group, version, key.slice(0, dot)]
  }
  return Object.keys(map).sort((a, b) => {
    const [left, right] = [rank(a), rank(b)]
    const index = left.findIndex((part, place) => part !== right[place])
    return (left[index] ?? '') < (right[index] ?? '') ? -1 : index === -1 ? 0 : 1
  })
}
