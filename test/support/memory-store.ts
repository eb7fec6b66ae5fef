// An object store in the memory of a test: what was put can be looked at, and a put can be held up.
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { StoreError, type Store } from '../../instance/backup/store.ts'

export interface MemoryStore extends Store {
  readonly objects: Map<
    string,
    { readonly content: Buffer; readonly metadata: Readonly<Record<string, string>> }
  >
  /** Every put waits for it before it reads anything. */
  gate: Promise<unknown>
}

export function memoryStore(): MemoryStore {
  const objects: MemoryStore['objects'] = new Map()
  const store: MemoryStore = {
    objects,
    gate: Promise.resolve(),
    head(key) {
      const found = objects.get(key)
      return Promise.resolve(found && { bytes: found.content.length, metadata: found.metadata })
    },
    async put(key, body, { metadata, signal, onProgress }) {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new StoreError('Aborted', true, 'called off')))
      })
      const content = await Promise.race([store.gate.then(() => buffer(body)), aborted])
      onProgress(content.length)
      if (objects.has(key)) throw new StoreError('Taken', false, `${key} is taken`)
      objects.set(key, { content, metadata })
    },
    get(key) {
      const found = objects.get(key)
      if (found === undefined) return Promise.reject(new StoreError('Missing', false, `no ${key}`))
      return Promise.resolve({ body: Readable.from([found.content]), bytes: found.content.length })
    },
    remove(key) {
      objects.delete(key)
      return Promise.resolve()
    },
    sweep: () => Promise.resolve(),
    close: () => undefined,
  }
  return store
}
