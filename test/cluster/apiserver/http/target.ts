// What a request is about: from method and URL to verb and resource.
import { nameInSelector } from '../selectors.ts'

export interface Target {
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  /** Also the name that a list or a watch is limited to. */
  readonly name: string
  readonly path: string
  readonly query: URLSearchParams
  /** False for discovery and the like. */
  readonly isResource: boolean
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' }

export function targetOf(method: string, url: URL): Target {
  const path = url.pathname
  const query = url.searchParams
  const [root, ...parts] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const groupAndVersion = root === 'api' ? ['', parts[0] ?? ''] : [parts[0] ?? '', parts[1] ?? '']
  const [group = '', version = ''] = groupAndVersion
  const rest = parts.slice(root === 'api' ? 1 : 2)
  const isResource = (root === 'api' || root === 'apis') && rest.length > 0
  if (!isResource) return { ...nothing, verb: method.toLowerCase(), path, query }
  const { namespace, resource, name, subresource } = placeOf(rest)
  const verb = verbs[method] ?? readVerb(method, name, query)
  const limited = name === '' ? (nameInSelector(query.get('fieldSelector') ?? '') ?? '') : name
  return {
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name: verb === 'create' ? name : limited,
    path,
    query,
    isResource,
  }
}

const nothing = {
  ...{ group: '', version: '', resource: '', subresource: '', namespace: '', name: '' },
  isResource: false,
} as const

/** A namespace is a resource itself, and what is below it belongs to others. */
function placeOf(parts: readonly string[]): Pick<Target, 'namespace' | 'resource' | 'name' | 'subresource'> {
  const [first = '', second = '', third = ''] = parts
  const isInNamespace = first === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(third)
  const [resource = '', name = '', ...rest] = isInNamespace ? parts.slice(2) : parts
  const namespace = first === 'namespaces' ? second : ''
  return { namespace, resource, name, subresource: rest.join('/') }
}

function readVerb(method: string, name: string, query: URLSearchParams): string {
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete'
  const isWatch = ['1', 'true'].includes(query.get('watch') ?? '')
  if (isWatch) return 'watch'
  return name === '' ? 'list' : 'get'
}
