// What each instance reported, as the status shows it; it changes on transitions only.
import type { InstanceStatus, Salvage } from '../../instance/api.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import type { InstanceState } from './recorded.ts'
import { canonicalJson } from './text-hash.ts'

export function instanceStates(facts: Facts, primaryUID: string | undefined): Record<string, InstanceState> {
  return Object.fromEntries(
    facts.instances.map((instance) => {
      const before = facts.recorded.instancesStatus?.[instance.name]
      const status = statusOf(instance)
      const state = {
        ...stateOf(instance, primaryUID),
        ...fencedOf(status, before),
        ...salvageOf(status, before),
      }
      return [instance.name, withOffset(state, status, before)]
    }),
  )
}

function stateOf(instance: Instance, primaryUID: string | undefined): InstanceState {
  const status = statusOf(instance)
  return {
    uid: instance.uid,
    ...(instance.ip === undefined ? {} : { ip: instance.ip }),
    role: instance.uid === primaryUID ? 'primary' : 'replica',
    connected: status !== undefined,
    ready: instance.ready,
    ...(status === undefined
      ? {}
      : { state: status.redis.loading ? 'loading' : status.redis.state, epoch: status.dataEpoch }),
    ...(status?.masterLinkStatus === undefined ? {} : { masterLinkStatus: status.masterLinkStatus }),
  }
}

/** Who is silent is as it was. */
function fencedOf(
  status: InstanceStatus | undefined,
  before: InstanceState | undefined,
): { readonly fenced?: true } {
  return (status?.fencedByUser ?? before?.fenced === true) ? { fenced: true } : {}
}

/** It lies on a volume: who is silent, or a new Pod on its way up, still has it. */
function salvageOf(
  status: InstanceStatus | undefined,
  before: InstanceState | undefined,
): { readonly salvage?: Salvage } {
  const salvage = status?.volume.locked === true ? status.salvage : before?.salvage
  return salvage === undefined ? {} : { salvage }
}

/** The offset is refreshed only when something else changes: it moves all the time, and each write of it would be a sync. */
function withOffset(
  state: InstanceState,
  status: InstanceStatus | undefined,
  before: InstanceState | undefined,
): InstanceState {
  const { replicationOffset: recordedOffset, ...rest } = before ?? {}
  const unchanged = canonicalJson(rest) === canonicalJson(state)
  const replicationOffset = unchanged ? recordedOffset : (status?.replicationOffset ?? recordedOffset)
  return replicationOffset === undefined ? state : { ...state, replicationOffset }
}
