// The hooks as Kubernetes runs them: two Pods that write nothing but Events, spread over nodes, replaced one after the other.
import { hooksName, type Site } from './site.ts'

export const operatorLabels = {
  'app.kubernetes.io/name': 'redis-operator',
  'app.kubernetes.io/component': 'hooks',
  'app.kubernetes.io/part-of': 'redis-operator',
} as const

export const hooksSelector = {
  'app.kubernetes.io/name': 'redis-operator',
  'app.kubernetes.io/component': 'hooks',
} as const

/** User and group of the image. */
const user = 999
const tokenMount = '/etc/redis-operator-hooks'
/** A Pod that leaves still answers while the Service forgets it; then the server drains, which takes 6 s at most. */
const preStopSeconds = 5
const graceSeconds = 20

/** Nothing in it may run as root, or reach for the node. */
export const restricted = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/audit': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
} as const

export function operatorNamespaceObject({ namespace }: Site): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'app.kubernetes.io/part-of': 'redis-operator', ...restricted } },
  }
}

export function hooksWorkload(site: Site): readonly object[] {
  return [serviceAccount(site), deployment(site), service(site), disruptionBudget(site)]
}

const metadata = ({ namespace }: Site): object => ({ name: hooksName, namespace, labels: operatorLabels })

/** It may create Events. Only the Pods of the hooks, which ask for it themselves, get its token. */
function serviceAccount(site: Site): object {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(site),
    automountServiceAccountToken: false,
  }
}

function deployment(site: Site): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(site),
    spec: {
      replicas: site.replicas,
      selector: { matchLabels: hooksSelector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata: { labels: operatorLabels }, spec: podSpec(site) },
    },
  }
}

function podSpec(site: Site): object {
  const token = [{ name: 'token', secret: { secretName: site.tokenSecret } }]
  return {
    serviceAccountName: hooksName,
    automountServiceAccountToken: true,
    // The Service's own variables would begin with REDIS_OPERATOR_, and the hooks refuse what they do not know.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds,
    imagePullSecrets: site.imagePullSecrets,
    priorityClassName: site.priorityClassName,
    nodeSelector: site.nodeSelector,
    tolerations: site.tolerations,
    affinity: spreadOverNodes,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(site)],
    volumes: site.withToken(token, undefined),
  }
}

function container(site: Site): object {
  const guarded = ['hooks', `--bearer-token-file=${tokenMount}/token`]
  return {
    name: 'hooks',
    image: site.image,
    command: ['redis-operator'],
    args: site.withToken(guarded, ['hooks']),
    env: [
      { name: 'REDIS_OPERATOR_IMAGE', value: site.image },
      { name: 'REDIS_OPERATOR_LOG_LEVEL', value: site.logLevel },
    ],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 }),
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
    resources: site.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: site.withToken([{ name: 'token', mountPath: tokenMount, readOnly: true }], undefined),
  }
}

function probe(path: string, timings: Readonly<Record<string, number>>): object {
  return { httpGet: { path, port: 'http' }, ...timings }
}

/** Soft: with a hard rule the surge Pod of an update would have no place on a cluster of two nodes. */
export const spreadOverNodes = {
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: 'kubernetes.io/hostname',
          labelSelector: { matchLabels: hooksSelector },
        },
      },
    ],
  },
}

function service(site: Site): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(site),
    spec: {
      selector: hooksSelector,
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  }
}

function disruptionBudget(site: Site): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(site),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: hooksSelector },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  }
}
