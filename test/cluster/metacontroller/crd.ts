// Metacontroller's own kinds, without their schemas, for clusters in which it is not installed.
type Scope = 'Cluster' | 'Namespaced'

/** The kind that the stand-in needs. */
export const compositeControllerCrd = crdOf('CompositeController', ['cc', 'cctl'], 'Cluster')

/** The kinds that the real one needs. */
export const metacontrollerCrds = [
  compositeControllerCrd,
  crdOf('DecoratorController', ['dec', 'decorators'], 'Cluster'),
  crdOf('ControllerRevision', [], 'Namespaced'),
] as const

function crdOf(kind: string, shortNames: readonly string[], scope: Scope) {
  const singular = kind.toLowerCase()
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const version = { name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.metacontroller.k8s.io` },
    spec: {
      group: 'metacontroller.k8s.io',
      names: { kind, listKind: `${kind}List`, plural: `${singular}s`, singular, shortNames },
      scope,
      versions: [{ ...version, schema: { openAPIV3Schema: open } }],
    },
  } as const
}
