// The Events of one object as the API server has them.
import type { KubernetesObject } from '../cluster/client.ts'
import { namespace } from './cluster-view.ts'
import type { Stage } from './stage.ts'

export interface ToldEvent {
  readonly type: string
  readonly reason: string
  readonly message: string
}

/** In no particular order; of an object by its UID, for an earlier one of its name may have left some. */
export async function eventsAbout({ client }: Stage, about: KubernetesObject): Promise<readonly ToldEvent[]> {
  const { items } = await client.request('GET', `/api/v1/namespaces/${namespace}/events`)
  return (items as readonly Raw[]).filter(({ involvedObject }) => involvedObject.uid === about.metadata.uid)
}

interface Raw extends ToldEvent {
  readonly involvedObject: { readonly uid?: string }
}

/** How often each reason was told. */
export function counted(events: readonly ToldEvent[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { reason } of events) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
