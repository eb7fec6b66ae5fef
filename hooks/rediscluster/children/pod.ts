// The Pod of one ordinal: built afresh from spec and ordinal; a live Pod keeps the spec it was created with.
import { configKey, instancePort, mounts, passwordKey, paths, redisPort } from '../../../instance/api.ts'
import type { Pod, PodSpec } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import {
  annotations,
  configMapName,
  controlSecretName,
  labels,
  podLabels,
  podName,
  volumeName,
  type Role,
} from '../names.ts'
import { canonicalJson, textHash } from '../text-hash.ts'
import { renderConfig } from './config.ts'
import { authSecretOf } from './secrets.ts'

/** User and group `redis` of the official images. */
const redisUser = 999
/** Longer than Redis' own shutdown and the wait for the promise that follows it. */
const graceSeconds = 90
const defaultRequests = { cpu: '100m', memory: '128Mi' }

export function desiredPod(blueprint: Blueprint, ordinal: number): Pod {
  const { name, namespace } = blueprint
  const pod = podName(name, ordinal)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod,
      namespace,
      labels: podLabels(name, pod, 'replica'),
      annotations: { ...configAnnotation(blueprint), [annotations.template]: templateHash(blueprint) },
    },
    spec: podSpec(blueprint, ordinal),
  }
}

/** A live Pod: only its role label and the config annotation may move, everything else stays as it was created. */
export function pinnedPod(blueprint: Blueprint, observed: Pod, role: Role): Pod {
  const { name } = observed.metadata
  const template = observed.metadata.annotations?.[annotations.template]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: blueprint.namespace,
      labels: podLabels(blueprint.name, name, role),
      annotations: {
        ...configAnnotation(blueprint),
        ...(template === undefined ? {} : { [annotations.template]: template }),
      },
    },
    ...(observed.spec === undefined ? {} : { spec: observed.spec }),
  }
}

/**
 * Hash of what the user chose for the Pod. Nothing of the operator's own version is in it, nor a default,
 * so that an upgrade of the operator makes no Pod look outdated.
 */
export function templateHash({ spec }: Pick<Blueprint, 'spec'>): string {
  const { imageName, resources, authSecret } = spec
  return textHash(canonicalJson({ imageName, resources, authSecret }))
}

function configAnnotation({ spec }: Blueprint): Record<string, string> {
  return { [annotations.config]: textHash(renderConfig(spec.redis ?? {})) }
}

function podSpec(blueprint: Blueprint, ordinal: number): PodSpec {
  return {
    affinity: spreadOverNodes(blueprint.name),
    containers: [container(blueprint)],
    enableServiceLinks: false,
    restartPolicy: 'Always',
    securityContext: {
      fsGroup: redisUser,
      fsGroupChangePolicy: 'OnRootMismatch',
      runAsGroup: redisUser,
      runAsNonRoot: true,
      runAsUser: redisUser,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    serviceAccountName: blueprint.name,
    terminationGracePeriodSeconds: graceSeconds,
    volumes: volumes(blueprint, ordinal),
  }
}

function container(blueprint: Blueprint): PodSpec['containers'][number] & Record<string, unknown> {
  return {
    name: 'redis',
    image: blueprint.image,
    command: ['redis-operator', 'instance'],
    args: [
      `--cluster=${blueprint.name}`,
      `--cluster-uid=${blueprint.uid}`,
      '--namespace=$(POD_NAMESPACE)',
      '--pod=$(POD_NAME)',
      '--pod-uid=$(POD_UID)',
      '--pod-ip=$(POD_IP)',
    ],
    env: [
      fromPod('POD_NAMESPACE', 'metadata.namespace'),
      fromPod('POD_NAME', 'metadata.name'),
      fromPod('POD_UID', 'metadata.uid'),
      fromPod('POD_IP', 'status.podIP'),
    ],
    ports: [
      { name: 'redis', containerPort: redisPort, protocol: 'TCP' },
      { name: 'http', containerPort: instancePort, protocol: 'TCP' },
    ],
    ...probes,
    resources: { requests: defaultRequests, ...blueprint.spec.resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [
      { name: 'data', mountPath: mounts.data },
      { name: 'run', mountPath: mounts.run },
      { name: 'config', mountPath: mounts.config, readOnly: true },
      { name: 'projected', mountPath: mounts.projected, readOnly: true },
      { name: 'control', mountPath: mounts.control, readOnly: true },
    ],
  }
}

/** None of them waits behind Redis: /healthz stays 200 through a load or a full sync however long it takes. */
const probes = {
  startupProbe: probe(paths.healthz, { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 120 }),
  livenessProbe: probe(paths.healthz, { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
  readinessProbe: probe(paths.readyz, { periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 }),
}

function probe(path: string, timings: Record<string, number>): object {
  return { httpGet: { path, port: 'http', scheme: 'HTTP' }, ...timings }
}

function fromPod(name: string, fieldPath: string): object {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }
}

function volumes(blueprint: Blueprint, ordinal: number): readonly object[] {
  const { name } = blueprint
  const password = {
    secret: { name: authSecretOf(blueprint), items: [{ key: passwordKey, path: passwordKey }] },
  }
  return [
    { name: 'data', persistentVolumeClaim: { claimName: volumeName(name, ordinal) } },
    { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    {
      name: 'config',
      configMap: { name: configMapName(name), items: [{ key: configKey, path: configKey }] },
    },
    { name: 'projected', projected: { sources: [password] } },
    { name: 'control', secret: { secretName: controlSecretName(name) } },
  ]
}

/** Soft, so that a cluster larger than the number of nodes still runs. */
function spreadOverNodes(name: string): object {
  const labelSelector = { matchLabels: { [labels.cluster]: name, [labels.workload]: 'data' } }
  const podAffinityTerm = { labelSelector, topologyKey: 'kubernetes.io/hostname' }
  return {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm, weight: 100 }] },
  }
}
