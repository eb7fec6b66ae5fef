// A Pod's status as kubelet writes it; transition times move only on transitions.
import type { KubernetesObject } from '../client.ts'
import { containerOf } from './pod-spec.ts'

export type ContainerState =
  | { readonly kind: 'Waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'Running'; readonly startedAt: string }
  | { readonly kind: 'Terminated'; readonly exitCode: number; readonly finishedAt: string }

export interface Sight {
  readonly state: ContainerState
  readonly ready: boolean
  readonly started: boolean
  readonly restarts: number
  readonly ip: string
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime: string
}

export function podStatus(pod: KubernetesObject, sight: Sight): object {
  const { state, ready, started, restarts, ip } = sight
  const { name, image } = containerOf(pod)
  const before = (pod['status'] ?? {}) as { conditions?: readonly Condition[]; startTime?: string }
  return {
    phase: phaseOf(pod, state),
    hostIP: '127.0.0.1',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: before.startTime ?? new Date().toISOString(),
    qosClass: 'Burstable',
    conditions: conditions(before.conditions ?? [], {
      PodScheduled: true,
      Initialized: true,
      ContainersReady: ready,
      Ready: ready,
    }),
    containerStatuses: [
      {
        name,
        image,
        imageID: image,
        ready,
        started,
        restartCount: restarts,
        state: written(state),
        containerID: `process://${restarts}`,
      },
    ],
  }
}

function phaseOf(pod: KubernetesObject, state: ContainerState): string {
  if (state.kind === 'Terminated' && pod.metadata.deletionTimestamp !== undefined)
    return state.exitCode === 0 ? 'Succeeded' : 'Failed'
  return state.kind === 'Waiting' && state.reason !== 'CrashLoopBackOff' ? 'Pending' : 'Running'
}

/** The other states are written as null, so that a merge patch removes the one from before. */
function written(state: ContainerState): object {
  const none = { waiting: null, running: null, terminated: null }
  switch (state.kind) {
    case 'Waiting':
      return { ...none, waiting: { reason: state.reason, message: state.message } }
    case 'Running':
      return { ...none, running: { startedAt: state.startedAt } }
    case 'Terminated':
      return {
        ...none,
        terminated: {
          exitCode: state.exitCode,
          finishedAt: state.finishedAt,
          reason: state.exitCode === 0 ? 'Completed' : 'Error',
        },
      }
  }
}

function conditions(
  before: readonly Condition[],
  wanted: Readonly<Record<string, boolean>>,
): readonly Condition[] {
  return Object.entries(wanted).map(([type, value]) => {
    const status = value ? 'True' : 'False'
    const old = before.find((condition) => condition.type === type)
    return {
      type,
      status,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : new Date().toISOString(),
    }
  })
}
