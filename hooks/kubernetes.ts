// Only the Kubernetes object shapes that we read or write; everything else passes through untyped.
import type { KubernetesObject, ObjectMeta } from '../metacontroller/contract.ts'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration: number
}

export interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: {
    readonly running?: object
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly terminated?: { readonly exitCode?: number; readonly finishedAt?: string }
  }
  readonly lastState?: { readonly terminated?: object }
}

export interface Pod extends KubernetesObject {
  readonly spec?: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** A Pod's spec as we write it; what the API server adds on top passes through. */
export interface PodSpec {
  readonly containers: readonly {
    readonly name: string
    readonly image: string
    readonly resources?: { readonly limits?: Readonly<Record<string, string | number>> }
  }[]
  readonly [field: string]: unknown
}

export interface PersistentVolumeClaim extends KubernetesObject {
  readonly spec?: {
    readonly accessModes?: readonly string[]
    readonly storageClassName?: string
    readonly resources?: { readonly requests?: { readonly storage?: string } }
    readonly volumeName?: string
  }
  readonly status?: {
    readonly phase?: string
    readonly capacity?: { readonly storage?: string }
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly lastTransitionTime?: string | null
    }[]
  }
}

export interface StorageClass extends KubernetesObject {
  readonly allowVolumeExpansion?: boolean
}

/** `data` values are base64. */
export interface Secret extends KubernetesObject {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

export type { KubernetesObject, ObjectMeta }
