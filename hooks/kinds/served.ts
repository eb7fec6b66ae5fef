// What the server needs of a kind: where its hooks are, what their bodies look like, and who answers them.
import type { TSchema } from '@sinclair/typebox'
import type { CustomizeResponse, KubernetesObject, SyncRequest } from '../../metacontroller/contract.ts'
import type { HookPaths } from '../composite-controller.ts'
import type { SyncContext, SyncOutcome } from '../handle-sync.ts'

export interface ServedKind {
  readonly kind: string
  readonly paths: HookPaths
  readonly syncBody: TSchema
  readonly customizeBody: TSchema
  /** Of a request that fits `syncBody`. */
  readonly sync: (request: SyncRequest, context: SyncContext) => Promise<SyncOutcome>
  /** Of a parent that fits `customizeBody`. Depends on its identity and spec only. */
  readonly customize: (parent: KubernetesObject) => CustomizeResponse
}
