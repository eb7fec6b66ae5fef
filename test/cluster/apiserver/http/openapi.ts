// As much of OpenAPI v3 as kubectl needs: which kinds the server validates itself, and the schemas of CRDs.
import type { Catalogue } from '../kinds/catalogue.ts'
import { apiVersionOf, type Resource } from '../resource.ts'
import type { Answer } from './answer.ts'
import { groupVersionsOf } from './discovery.ts'

/** An empty document, as protobuf: kubectl wants one for Lists, and does without for what is not in it. */
export const openapi2: Answer = {
  code: 200,
  body: '',
  headers: { 'content-type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' },
}

/** Undefined for a path that is not about OpenAPI v3. */
export function openapi(catalogue: Catalogue, path: string): object | undefined {
  if (path === '/openapi/v3') return index(catalogue)
  const [, apiVersion] = /^\/openapi\/v3\/apis?\/(.+)$/.exec(path) ?? []
  if (apiVersion === undefined) return undefined
  const resources = catalogue.all().filter((resource) => apiVersionOf(resource) === apiVersion)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.32.0' },
    paths: Object.fromEntries(resources.map((resource) => [pathOf(resource), operations(resource)])),
    components: {
      schemas: Object.fromEntries(resources.map((resource) => [resource.kind, schemaOf(resource)])),
    },
  }
}

const rootOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`

function index(catalogue: Catalogue): object {
  const roots = groupVersionsOf(catalogue).map(rootOf)
  const paths = roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }])
  return { paths: Object.fromEntries(paths) as object }
}

function pathOf(resource: Resource): string {
  const namespaced = resource.namespaced ? '/namespaces/{namespace}' : ''
  return `/${rootOf(apiVersionOf(resource))}${namespaced}/${resource.plural}/{name}`
}

const kindOf = ({ group, version, kind }: Resource): object => ({ group, version, kind })
const parameters = ['fieldValidation', 'dryRun', 'fieldManager', 'force'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string' },
}))

function operations(resource: Resource): object {
  const operation = { parameters, responses: {}, 'x-kubernetes-group-version-kind': kindOf(resource) }
  return { patch: operation, put: operation }
}

const schemaOf = (resource: Resource): object => ({
  ...(resource.custom?.schema ?? { type: 'object' }),
  'x-kubernetes-group-version-kind': [kindOf(resource)],
})
