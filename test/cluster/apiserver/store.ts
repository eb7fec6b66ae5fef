// All objects in one map, one global resource version, and a log of what changed for those who watch.
import type { ApiObject } from './object.ts'

export interface Change {
  readonly version: number
  readonly key: string
  /** Undefined when the object was created. */
  readonly previous: ApiObject | undefined
  /** Undefined when the object is gone. */
  readonly current: ApiObject | undefined
  /** The last state of an object that is gone carries the version of its end. */
  readonly last: ApiObject
}

type Listener = (change: Change) => void

const longestLog = 10_000

/** Objects are kept by kind (`group/plural`), then by `namespace/name`. */
export class Store {
  readonly #objects = new Map<string, Map<string, ApiObject>>()
  readonly #byUid = new Map<string, { readonly key: string; readonly object: ApiObject }>()
  readonly #listeners = new Set<Listener>()
  #log: Change[] = []
  #version = 1000
  #forgotten = 1000

  get version(): number {
    return this.#version
  }

  /** Changes after this version, or undefined when some of them are forgotten. */
  since(version: number): readonly Change[] | undefined {
    if (version < this.#forgotten || version > this.#version) return undefined
    return this.#log.filter((change) => change.version > version)
  }

  get oldest(): number {
    return this.#forgotten
  }

  get(key: string, namespace: string, name: string): ApiObject | undefined {
    return this.#objects.get(key)?.get(`${namespace}/${name}`)
  }

  byUid(uid: string): { readonly key: string; readonly object: ApiObject } | undefined {
    return this.#byUid.get(uid)
  }

  /** Ordered by namespace and name, as etcd does. */
  list(key: string, namespace?: string): readonly ApiObject[] {
    const found = [...(this.#objects.get(key)?.entries() ?? [])]
    return found
      .filter(([, { metadata }]) => namespace === undefined || metadata.namespace === namespace)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, object]) => object)
  }

  everything(): readonly { readonly key: string; readonly object: ApiObject }[] {
    return [...this.#byUid.values()]
  }

  /** Creates or replaces; answers the object with its new resource version. */
  put(key: string, object: ApiObject): ApiObject {
    const kept = this.#next(object)
    const objects = this.#objects.get(key) ?? new Map<string, ApiObject>()
    this.#objects.set(key, objects)
    const previous = objects.get(nameOf(kept))
    objects.set(nameOf(kept), kept)
    this.#byUid.set(kept.metadata.uid, { key, object: kept })
    this.#tell({ version: this.#version, key, previous, current: kept, last: kept })
    return kept
  }

  remove(key: string, object: ApiObject): ApiObject {
    const last = this.#next(object)
    const previous = this.#objects.get(key)?.get(nameOf(object))
    this.#objects.get(key)?.delete(nameOf(object))
    this.#byUid.delete(object.metadata.uid)
    this.#tell({ version: this.#version, key, previous, current: undefined, last })
    return last
  }

  /** Listeners run within the write and must not write themselves. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** As if the server had compacted its history: older watches must list again. */
  forgetHistory(): void {
    this.#log = []
    this.#forgotten = this.#version
  }

  #next(object: ApiObject): ApiObject {
    this.#version += 1
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } }
  }

  #tell(change: Change): void {
    this.#log.push(change)
    if (this.#log.length > longestLog * 2) {
      this.#log = this.#log.slice(-longestLog)
      this.#forgotten = (this.#log[0]?.version ?? this.#version) - 1
    }
    for (const listener of this.#listeners) listener(change)
  }
}

const nameOf = ({ metadata }: ApiObject): string => `${metadata.namespace ?? ''}/${metadata.name}`
