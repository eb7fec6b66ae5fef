// The Redis container of a Pod: its command line, ports, probes and mounts.
import { instancePort, mounts, paths, redisPort } from '../../../instance/api.ts'
import type { PodSpec } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { additionsOf } from './additions.ts'

const defaultRequests = { cpu: '100m', memory: '128Mi' }

export function container(blueprint: Blueprint): PodSpec['containers'][number] & Record<string, unknown> {
  return {
    name: 'redis',
    image: blueprint.image,
    command: ['redis-operator', 'instance'],
    args: argumentsOf(blueprint),
    env: [
      fromPod('POD_NAMESPACE', 'metadata.namespace'),
      fromPod('POD_NAME', 'metadata.name'),
      fromPod('POD_UID', 'metadata.uid'),
      fromPod('POD_IP', 'status.podIP'),
      ...(additionsOf(blueprint.spec).env ?? []),
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
    volumeMounts: volumeMounts(blueprint),
  }
}

function argumentsOf({ name, uid, spec }: Blueprint): readonly string[] {
  return [
    `--cluster=${name}`,
    `--cluster-uid=${uid}`,
    '--namespace=$(POD_NAMESPACE)',
    '--pod=$(POD_NAME)',
    '--pod-uid=$(POD_UID)',
    '--pod-ip=$(POD_IP)',
    ...(spec.bootstrap === undefined ? [] : ['--bootstrap']),
  ]
}

function volumeMounts({ spec }: Blueprint): readonly object[] {
  const credentials = { name: 'backup-credentials', mountPath: mounts.backupCredentials, readOnly: true }
  return [
    { name: 'data', mountPath: mounts.data },
    { name: 'run', mountPath: mounts.run },
    { name: 'config', mountPath: mounts.config, readOnly: true },
    { name: 'projected', mountPath: mounts.projected, readOnly: true },
    { name: 'control', mountPath: mounts.control, readOnly: true },
    ...(spec.backupCredentialsSecret === undefined ? [] : [credentials]),
    ...(additionsOf(spec).volumeMounts ?? []),
  ]
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
