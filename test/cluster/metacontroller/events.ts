// Leaves a Warning on a parent whose sync failed, as Metacontroller does; a flood of them is cut off.
import type { KubernetesObject } from '../client.ts'
import type { Api } from './api.ts'

export interface Recorder {
  readonly syncError: (parent: KubernetesObject, error: unknown) => void
}

const burst = 25
const longestMessage = 1024

export function createRecorder(api: Api, log: (line: string) => void): Recorder {
  const counts = new Map<string, number>()
  return {
    syncError: (parent, error) => {
      const { uid = '' } = parent.metadata
      const count = (counts.get(uid) ?? 0) + 1
      counts.set(uid, count)
      if (count > burst) return
      api
        .resource('v1', 'events')
        .then((resource) => api.create(resource, syncErrorEvent(parent, error, count)))
        .catch((cause: unknown) => log(String(cause)))
    },
  }
}

function syncErrorEvent(parent: KubernetesObject, error: unknown, count: number): KubernetesObject {
  const { name, namespace = 'default', uid = '', resourceVersion = '' } = parent.metadata
  const at = new Date().toISOString().replace(/\.\d+/, '')
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${uid}.${count}`, namespace },
    involvedObject: {
      apiVersion: parent.apiVersion,
      kind: parent.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    },
    type: 'Warning',
    reason: 'SyncError',
    message: `Sync error: ${String(error)}`.slice(0, longestMessage),
    source: { component: 'metacontroller' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  }
}
