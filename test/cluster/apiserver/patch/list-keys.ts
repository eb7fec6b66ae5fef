// How lists of built-in kinds merge: which field tells their items apart. Lists that are not named here are replaced.
// Source: the `patchMergeKey` and `listMapKey` tags of the Kubernetes API types.

/** `set` is a list of plain values without duplicates. */
export type ListKeys = { readonly kind: 'map'; readonly keys: readonly string[] } | { readonly kind: 'set' }

export type FindListKeys = (path: readonly string[]) => ListKeys | undefined

const byField: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  hostAliases: ['ip'],
  podIPs: ['ip'],
  hostIPs: ['ip'],
  conditions: ['type'],
  addresses: ['type'],
  taints: ['key'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  ownerReferences: ['uid'],
  resourceClaims: ['name'],
  schedulingGates: ['name'],
}

const sets = ['finalizers', 'podCIDRs']

export const builtInListKeys: FindListKeys = (path) => {
  const field = path.at(-1) ?? ''
  if (sets.includes(field)) return { kind: 'set' }
  const keys = field === 'ports' ? portKeys(path) : byField[field]
  return keys === undefined ? undefined : { kind: 'map', keys }
}

function portKeys(path: readonly string[]): readonly string[] | undefined {
  if (path.includes('containers') || path.includes('initContainers')) return ['containerPort', 'protocol']
  return path.length === 2 ? ['port', 'protocol'] : undefined
}
