// JSON Patch (RFC 6902): add, remove, replace, move, copy and test, all or nothing.
import { Failure } from '../failure.ts'
import { clone, isEqual, isFields, type Fields } from '../object.ts'

interface Operation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

export function jsonPatch(target: Fields, patch: unknown): Fields {
  if (!Array.isArray(patch)) throw impossible('a JSON patch is a list of operations')
  const holder = { root: clone(target) as unknown }
  for (const operation of patch as readonly Operation[]) applyOne(holder, operation)
  return holder.root as Fields
}

type Holder = Record<'root', unknown>

function applyOne(holder: Holder, { op, path, from = '', value }: Operation): void {
  const to = pointer(path)
  switch (op) {
    case 'add': {
      add(holder, to, value)
      return
    }
    case 'remove':
      return void remove(holder, to)
    case 'replace':
      remove(holder, to)
      {
        add(holder, to, value)
        return
      }
    case 'move': {
      add(holder, to, remove(holder, pointer(from)))
      return
    }
    case 'copy': {
      add(holder, to, clone(read(holder, pointer(from))))
      return
    }
    case 'test':
      if (!isEqual(read(holder, to), value)) throw impossible(`testing value ${path} failed: test failed`)
      return
    default:
      throw impossible(`Unexpected kind: ${op}`)
  }
}

/** The document itself hangs below one made-up field, so that every value has a parent. */
const pointer = (path: string): readonly string[] => [
  'root',
  ...path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')),
]

function read(holder: Holder, path: readonly string[]): unknown {
  let value: unknown = holder
  for (const token of path) {
    if (Array.isArray(value)) value = value[indexIn(value, token, value.length - 1)] as unknown
    else if (isFields(value) && Object.hasOwn(value, token)) value = value[token]
    else throw missing(path)
  }
  return value
}

function add(holder: Holder, path: readonly string[], value: unknown): void {
  const { parent, token } = parentOf(holder, path)
  if (Array.isArray(parent))
    parent.splice(token === '-' ? parent.length : indexIn(parent, token, parent.length), 0, value)
  else parent[token] = value
}

function remove(holder: Holder, path: readonly string[]): unknown {
  const value = read(holder, path)
  const { parent, token } = parentOf(holder, path)
  if (Array.isArray(parent)) parent.splice(indexIn(parent, token, parent.length - 1), 1)
  else Reflect.deleteProperty(parent, token)
  return value
}

function parentOf(holder: Holder, path: readonly string[]): { parent: Fields | unknown[]; token: string } {
  const parent = path.length === 1 ? holder : read(holder, path.slice(0, -1))
  if (!Array.isArray(parent) && !isFields(parent)) throw missing(path)
  return { parent: parent as Fields | unknown[], token: path.at(-1) ?? '' }
}

function indexIn(list: readonly unknown[], token: string, last: number): number {
  const index = /^\d+$/.test(token) ? Number(token) : -1
  if (index < 0 || index > last)
    throw impossible(`Unable to access invalid index: ${token} of ${list.length}`)
  return index
}

const missing = (path: readonly string[]): Failure =>
  impossible(`nonexistent path: missing path: "/${path.slice(1).join('/')}"`)

const impossible = (why: string): Failure =>
  new Failure(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`, {})
