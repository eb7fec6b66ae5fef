// CustomResourceDefinitions: refuses what could not be served, and makes resources of the rest.
import { brokenRules } from '../schema/rules.ts'
import { structureFaults } from '../schema/structure.ts'
import type { Schema } from '../schema/schema.ts'
import { invalidValue, requiredValue, type Cause } from '../failure.ts'
import { fieldsOf, listOf, timestamp, type ApiObject } from '../object.ts'
import type { Behaviour, Resource } from '../resource.ts'
import { customColumns, type PrinterColumn } from '../table/custom-columns.ts'
import { setDefaults } from './defaults.ts'

export const cleanup = 'customresourcecleanup.apiextensions.k8s.io'

export const crdBehaviour: Behaviour = { complete, validate }

interface Names {
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly listKind: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

interface Version {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly schema?: { readonly openAPIV3Schema?: Schema }
  readonly subresources?: { readonly status?: object; readonly scale?: Readonly<Record<string, string>> }
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
}

interface Spec {
  readonly group: string
  readonly scope: string
  readonly names: Names
  readonly versions: readonly Version[]
}

const specOf = ({ spec }: ApiObject): Spec => spec as unknown as Spec

/** One resource for each served version. */
export function resourcesOf(crd: ApiObject): readonly Resource[] {
  const { group, names, scope, versions } = specOf(crd)
  const { plural, singular, kind, shortNames = [], categories = [] } = names
  const storageVersion = versions.find(({ storage }) => storage)?.name ?? ''
  return versions
    .filter(({ served }) => served)
    .map((version) => ({
      ...{ group, version: version.name, kind, plural, singular, shortNames, categories },
      namespaced: scope === 'Namespaced',
      verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
      hasStatus: version.subresources?.status !== undefined,
      hasGeneration: true,
      subresources: version.subresources?.scale === undefined ? [] : [scaleSubresource],
      columns: customColumns(version.additionalPrinterColumns),
      custom: {
        schema: version.schema?.openAPIV3Schema ?? {},
        scale: scalePaths(version),
        storageVersion,
      },
    }))
}

const scaleSubresource = {
  name: 'scale',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  verbs: ['get', 'patch', 'update'],
}

function scalePaths({ subresources }: Version): NonNullable<Resource['custom']>['scale'] {
  const scale = subresources?.scale
  if (scale === undefined) return undefined
  const path = (text = ''): readonly string[] => text.split('.').filter((name) => name !== '')
  return {
    specReplicas: path(scale['specReplicasPath']),
    statusReplicas: path(scale['statusReplicasPath']),
    selector: scale['labelSelectorPath'] === undefined ? undefined : path(scale['labelSelectorPath']),
  }
}

function complete(crd: ApiObject, previous: ApiObject | undefined): void {
  const spec = fieldsOf(crd.spec)
  const names = fieldsOf(spec['names'])
  const kind = names['kind']
  if (typeof kind === 'string') setDefaults(names, { singular: kind.toLowerCase(), listKind: `${kind}List` })
  setDefaults(spec, { conversion: { strategy: 'None' } })
  if (previous !== undefined) return
  crd.metadata.finalizers = [...new Set([...(crd.metadata.finalizers ?? []), cleanup])]
  crd.status = {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: names,
    storedVersions: listOf(spec['versions'])
      .filter(({ storage }) => storage === true)
      .map(({ name }) => name),
  }
}

const condition = (type: string, reason: string, message: string): object => ({
  type,
  status: 'True',
  lastTransitionTime: timestamp(),
  reason,
  message,
})

function validate(crd: ApiObject): readonly Cause[] {
  const { group, names, scope, versions = [] } = fieldsOf(crd.spec) as Partial<Spec>
  const name = `${names?.plural ?? ''}.${group ?? ''}`
  const stored = versions.filter(({ storage }) => storage).length
  return [
    ...(crd.metadata.name === name
      ? []
      : [invalidValue('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...(names?.kind === undefined ? [requiredValue('spec.names.kind')] : []),
    ...(scope === undefined ? [requiredValue('spec.scope')] : []),
    ...(stored === 1
      ? []
      : [invalidValue('spec.versions', stored, 'must have exactly one version marked as storage version')]),
    ...versions.flatMap((version, index) =>
      schemaFaults(version, `spec.versions[${index}].schema.openAPIV3Schema`),
    ),
  ]
}

function schemaFaults({ schema }: Version, path: string): readonly Cause[] {
  const root = schema?.openAPIV3Schema
  if (root === undefined) return [requiredValue(path, 'schemas are required')]
  const faults = structureFaults(root, path)
  return faults.length > 0 ? faults : brokenRules(root, path)
}
