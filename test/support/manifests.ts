// Compares rendered manifests: what only one way of installing has is left out, the rest is keyed by identity.
interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** Helm brings no Namespace, keeps CRDs by an annotation, and says what is empty. */
export function withoutSite(objects: readonly object[]): readonly object[] {
  return (objects as readonly Manifest[])
    .filter(({ kind }) => kind !== 'Namespace')
    .map((object) => {
      if (object.kind === 'CustomResourceDefinition') return withoutAnnotations(object)
      return object.kind === 'Deployment' ? (withoutEmpty(object) as object) : object
    })
}

export function byIdentity(objects: readonly object[]): Readonly<Record<string, object>> {
  const entries = (objects as readonly Manifest[]).map(
    (object) =>
      [`${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, object] as const,
  )
  return Object.fromEntries(entries)
}

function withoutAnnotations(object: Manifest): object {
  const { annotations: _annotations, ...metadata } = object.metadata as Manifest['metadata'] & {
    readonly annotations?: object
  }
  return { ...object, metadata }
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, withoutEmpty(each)] as const)
  return Object.fromEntries(entries.filter(([, each]) => !isEmpty(each)))
}

function isEmpty(value: unknown): boolean {
  if (value === '') return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
