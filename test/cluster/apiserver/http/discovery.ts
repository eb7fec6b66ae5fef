// Tells clients which kinds there are: /api, /apis, and the list of each group and version.
import type { Catalogue } from '../kinds/catalogue.ts'
import { apiVersionOf, type Resource } from '../resource.ts'

/** Undefined for a path that is not about discovery. */
export function discovery(catalogue: Catalogue, path: string, host: string): object | undefined {
  const trimmed = path.replace(/\/$/, '')
  if (trimmed === '/api') return apiVersions(host)
  if (trimmed === '/apis') return groupList(catalogue)
  const [, root, group, version] = /^\/(apis?)\/([^/]+)(?:\/([^/]+))?$/.exec(trimmed) ?? []
  if (root === 'api')
    return group === 'v1' && version === undefined ? resourceList(catalogue, 'v1') : undefined
  if (group === undefined) return undefined
  if (version !== undefined) return resourceList(catalogue, `${group}/${version}`)
  const found = groupsOf(catalogue).find(({ name }) => name === group)
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found }
}

export const groupVersionsOf = (catalogue: Catalogue): readonly string[] => [
  ...new Set([...catalogue.all().map(apiVersionOf), ...reviewVersions]),
]

const apiVersions = (host: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
})

interface Group {
  readonly name: string
  readonly versions: readonly { readonly groupVersion: string; readonly version: string }[]
  readonly preferredVersion: { readonly groupVersion: string; readonly version: string } | undefined
}

const groupList = (catalogue: Catalogue): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(catalogue),
})

function groupsOf(catalogue: Catalogue): readonly Group[] {
  const pairs = groupVersionsOf(catalogue).flatMap((groupVersion) => {
    const [name = '', version] = groupVersion.split('/')
    return version === undefined ? [] : [{ name, groupVersion, version }]
  })
  return [...new Set(pairs.map(({ name }) => name))].map((name) => {
    const versions = pairs
      .filter((pair) => pair.name === name)
      .map(({ groupVersion, version }) => ({ groupVersion, version }))
    return { name, versions, preferredVersion: versions[0] }
  })
}

/** Reviews are asked and answered, never stored. */
const reviews: readonly (readonly [string, string, string])[] = [
  ['authorization.k8s.io/v1', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'],
  ['authentication.k8s.io/v1', 'selfsubjectreviews', 'SelfSubjectReview'],
]
const reviewVersions = reviews.map(([groupVersion]) => groupVersion)

function resourceList(catalogue: Catalogue, groupVersion: string): object | undefined {
  const found = catalogue.all().filter((resource) => apiVersionOf(resource) === groupVersion)
  const resources = [
    ...found.flatMap(entriesOf),
    ...reviews
      .filter(([version]) => version === groupVersion)
      .map(([, name, kind]) => ({ name, singularName: '', namespaced: false, kind, verbs: ['create'] })),
  ]
  return resources.length === 0
    ? undefined
    : { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

function entriesOf(resource: Resource): readonly object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, subresources } = resource
  const below = { singularName: '', namespaced }
  const status = { name: `${plural}/status`, ...below, kind, verbs: ['get', 'patch', 'update'] }
  return [
    { name: plural, singularName: singular, namespaced, kind, verbs, shortNames, categories },
    ...(resource.hasStatus ? [status] : []),
    ...subresources.map(({ name, ...rest }) => ({ name: `${plural}/${name}`, ...below, ...rest })),
  ]
}
