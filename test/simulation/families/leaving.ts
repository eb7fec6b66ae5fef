// What is seen of instances that are one too many, from the command to stop on until their Pods are gone.
import assert from 'node:assert/strict'
import { isRetired } from '../../../instance/reign/state.ts'
import type { Host } from '../host.ts'
import { cast, statusOf, type Stage } from './stage.ts'

export const hasRetired = (host: Host): boolean => isRetired(host.disk.reign, host.uid)
export const isLeaving = ({ simulation: { api } }: Stage, host: Host): boolean =>
  api.podOf(host.uid)?.metadata.deletionTimestamp !== undefined
export const hasLeft = ({ simulation: { api } }: Stage, host: Host): boolean =>
  api.podOf(host.uid) === undefined
export const usedMembers = ({ instance }: Host): readonly string[] =>
  instance?.lastStatus().term?.members ?? []
export const wasTold = ({ simulation }: Stage, host: Host): boolean =>
  simulation.metacontrollers.some(({ sent }) =>
    sent.some(({ kind, to }) => kind === 'Retire' && to.uid === host.uid),
  )

/** The last of them, which goes first. */
export function victimOf(stage: Stage): Host {
  const last = cast(stage).replicas.at(-1)
  assert.ok(last)
  return last
}

/** Each Pod that is removed while the primary serves, in order; fails when it was not ready to go. */
export function watchRemovals(stage: Stage): readonly string[] {
  const { simulation } = stage
  const { api, kubelet } = simulation
  const removed: string[] = []
  api.listeners.push(() => {
    const leaving = Object.values(api.pods).filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    for (const { metadata } of leaving) {
      const host = kubelet.hosts.get(metadata.uid ?? '')
      if (host === undefined || removed.includes(host.name)) continue
      removed.push(host.name)
      const primary = kubelet.hosts.get(statusOf(stage).currentPrimaryUID ?? '')
      if (!hasRetired(host)) simulation.violate(`${host.name} is removed, and was not retired`)
      if (primary && usedMembers(primary).includes(host.uid)) simulation.violate(`${host.name} still counts`)
      if (leaving.length > 1) simulation.violate(`${leaving.length} leave at once`)
    }
  })
  return removed
}
