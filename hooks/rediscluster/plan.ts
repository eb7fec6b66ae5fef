// What a sync takes in beside the request, and the plan it gives back: all of it data.
import type { KubernetesObject } from '../kubernetes.ts'
import type { Chosen, InstanceStatus } from '../../instance/api.ts'
import type { Proof } from '../../instance/ballot.ts'
import type { PlannedEvent } from './event.ts'
import type { RedisClusterStatus } from './recorded.ts'

/** Silence is a value, never an exception. */
export type InstanceReport =
  | { readonly kind: 'Answered'; readonly status: InstanceStatus }
  | { readonly kind: 'Silent'; readonly reason: string }

/** By Pod UID. */
export type InstanceReports = Readonly<Record<string, InstanceReport>>

/** One instance as the target of a poll or a command: a Pod's identity, and where it listens. */
export interface Address {
  readonly uid: string
  readonly name: string
  readonly ip: string
}

export type Command =
  | {
      readonly kind: 'Fence'
      readonly to: Address
      readonly cluster: string
      readonly epoch: number
      readonly target: string
    }
  | {
      readonly kind: 'Promote'
      readonly to: Address
      readonly cluster: string
      readonly epoch: number
      readonly proofs: readonly Proof[]
      /** What the copy held when it was chosen. */
      readonly chosen: Chosen
    }
  | {
      readonly kind: 'Handover'
      readonly to: Address
      readonly cluster: string
      readonly epoch: number
      readonly target: Address
    }
  /** Leave the cluster for good: the last word before its Pod is removed. */
  | {
      readonly kind: 'Retire'
      readonly to: Address
      readonly cluster: string
      readonly epoch: number
    }
  | {
      readonly kind: 'Follow'
      readonly to: Address
      readonly cluster: string
      readonly epoch: number
      readonly primary: Address
    }

/** An observed child that is left out on purpose, and so deleted. */
export interface Deletion {
  readonly kind: string
  readonly name: string
  readonly reason: string
}

export interface SyncPlan {
  readonly status: RedisClusterStatus
  readonly children: readonly KubernetesObject[]
  readonly resyncAfterSeconds: number
  readonly commands: readonly Command[]
  readonly deletions: readonly Deletion[]
  readonly events: readonly PlannedEvent[]
  /** What was seen and decided, as one sentence for the log. */
  readonly decision: string
}
