// Which kinds there are now: the built-in ones and those of the CRDs.
import { apiVersionOf, storeKey, type Resource } from '../resource.ts'
import { builtInKinds } from './table.ts'

export class Catalogue {
  readonly #custom = new Map<string, readonly Resource[]>()

  all(): readonly Resource[] {
    return [...builtInKinds, ...[...this.#custom.values()].flat()]
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.all().find(
      (each) => each.group === group && each.version === version && each.plural === plural,
    )
  }

  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.all().find((each) => each.kind === kind && apiVersionOf(each) === apiVersion)
  }

  /** Any version will do: all share their objects. */
  ofKey(key: string): Resource | undefined {
    return this.all().find((each) => storeKey(each) === key)
  }

  /** What a CRD defines, by the name of the CRD. */
  define(crd: string, resources: readonly Resource[]): void {
    this.#custom.set(crd, resources)
  }

  forget(crd: string): void {
    this.#custom.delete(crd)
  }
}
