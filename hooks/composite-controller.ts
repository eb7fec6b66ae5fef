// Makes a CompositeController, which tells Metacontroller about one kind of ours: what it watches, and which hooks it asks.

export interface ChildResource {
  readonly apiVersion: string
  /** Plural. */
  readonly resource: string
  /** OnDelete: Metacontroller never changes a child. InPlace: it updates one, and never replaces it. */
  readonly method: 'InPlace' | 'OnDelete'
}

export interface HookPaths {
  readonly sync: string
  readonly customize: string
}

export interface ControllerOptions {
  /** Of the CompositeController; also the plural of the parent. */
  readonly plural: string
  readonly parentVersion: string
  readonly hookPaths: HookPaths
  /** Metacontroller caches every object of these kinds: nothing optional. */
  readonly childResources: readonly ChildResource[]
  /** How often every parent is synced whatever happens: it ends the back-off after errors, which grows to 1000 s. */
  readonly resyncPeriodSeconds: number
}

/** May add to a webhook how Metacontroller shows who it is. */
export type Guard = (webhook: object) => unknown

/** The timeout leaves room above our own deadline. There is no finalize hook: a parent must never wait for us to go. */
export function compositeControllerFor(
  options: ControllerOptions,
  baseUrl: string,
  guarded: Guard = (webhook) => webhook,
): object {
  const { plural, parentVersion, hookPaths, childResources, resyncPeriodSeconds } = options
  const hook = (path: string): object => ({
    version: 'v2',
    webhook: guarded({ url: `${baseUrl}${path}`, timeout: '5s' }),
  })
  return {
    apiVersion: 'metacontroller.k8s.io/v1alpha1',
    kind: 'CompositeController',
    metadata: { name: plural },
    spec: {
      generateSelector: true,
      resyncPeriodSeconds,
      parentResource: { apiVersion: parentVersion, resource: plural },
      childResources: childResources.map(({ apiVersion, resource, method }) => ({
        apiVersion,
        resource,
        updateStrategy: { method },
      })),
      hooks: { sync: hook(hookPaths.sync), customize: hook(hookPaths.customize) },
    },
  }
}
