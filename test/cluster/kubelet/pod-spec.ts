// The parts of a Pod that the kubelet reads; one container a Pod, which is all that runs here.
import type { KubernetesObject } from '../client.ts'

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number }
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly failureThreshold?: number
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } }
  }[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly volumeMounts?: readonly {
    readonly name: string
    readonly mountPath: string
    readonly readOnly?: boolean
  }[]
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
}

export interface KeyToPath {
  readonly key: string
  readonly path: string
}

export interface Source {
  readonly secret?: {
    readonly secretName?: string
    readonly name?: string
    readonly items?: readonly KeyToPath[]
    readonly optional?: boolean
  }
  readonly configMap?: {
    readonly name: string
    readonly items?: readonly KeyToPath[]
    readonly optional?: boolean
  }
  readonly serviceAccountToken?: { readonly path: string }
  readonly downwardAPI?: {
    readonly items?: readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[]
  }
}

export interface Volume extends Source {
  readonly name: string
  readonly emptyDir?: object
  readonly persistentVolumeClaim?: { readonly claimName: string }
  readonly projected?: { readonly sources: readonly Source[] }
}

export interface PodSpec {
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly serviceAccountName?: string
  readonly terminationGracePeriodSeconds?: number
  readonly containers: readonly Container[]
  readonly volumes?: readonly Volume[]
}

export const specOf = (pod: KubernetesObject): PodSpec => pod['spec'] as PodSpec

export const claimNamesOf = (pod: KubernetesObject): readonly string[] =>
  (specOf(pod).volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])

export function containerOf(pod: KubernetesObject): Container {
  const [container] = specOf(pod).containers
  if (container === undefined) throw new Error(`Pod ${pod.metadata.name} has no container`)
  return container
}

/** A number, or the name of one of the container's ports. */
export function portNumber(container: Container, port: string | number): number {
  if (typeof port === 'number') return port
  const named = container.ports?.find(({ name }) => name === port)
  if (named === undefined) throw new Error(`container ${container.name} has no port ${port}`)
  return named.containerPort
}

/** The few fields of the downward API. */
export function fieldOf(pod: KubernetesObject, ip: string, path: string): string {
  const { name, namespace = '', uid = '' } = pod.metadata
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'metadata.uid': uid,
    'status.podIP': ip,
    'status.hostIP': '127.0.0.1',
    'spec.nodeName': specOf(pod).nodeName ?? '',
    'spec.serviceAccountName': specOf(pod).serviceAccountName ?? '',
  }
  const value = fields[path]
  if (value === undefined) throw new Error(`the downward API field ${path} is not implemented here`)
  return value
}

/** `$(NAME)` as Kubernetes expands it; an unknown name stays as it is written. */
export function expand(word: string, env: Readonly<Record<string, string>>): string {
  return word.replace(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (written, name: string) => env[name] ?? written)
}

/** The container's own variables, those from the downward API filled in. */
export function environmentOf(pod: KubernetesObject, ip: string): Record<string, string> {
  return Object.fromEntries(
    (containerOf(pod).env ?? []).map(({ name, value = '', valueFrom }) => [
      name,
      valueFrom?.fieldRef === undefined ? value : fieldOf(pod, ip, valueFrom.fieldRef.fieldPath),
    ]),
  )
}
