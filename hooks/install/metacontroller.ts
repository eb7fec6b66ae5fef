// How Metacontroller must run for failovers to work: a patch over its own manifests, and the same as values of its chart.
import { metacontrollerLabel } from './access.ts'
import { shortTolerations } from './site.ts'
import { restricted } from './workload.ts'

export const metacontrollerVersion = 'v4.17.2'

const name = 'metacontroller'
/** User of its image. */
const user = 65532

/** The first two are its own defaults, which must be said again. Level 5 and above would log Secrets. */
export const flags = [
  '--zap-log-level=4',
  '--discovery-interval=20s',
  '--leader-election',
  '--client-go-qps=200',
  '--client-go-burst=400',
  '--workers=20',
] as const

/** No memory limit: it holds every Pod and Secret of the cluster, and one that is killed again and again fails nothing over. */
const resources = { requests: { cpu: '200m', memory: '256Mi' } }

const affinity = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      {
        topologyKey: 'kubernetes.io/hostname',
        labelSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
      },
    ],
  },
}

const podSecurityContext = {
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  seccompProfile: { type: 'RuntimeDefault' },
}

const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
}

const clusterRoleSelectors = [{ matchLabels: { [metacontrollerLabel]: 'true' } }]

/** Path below the repository → objects. */
export function metacontrollerManifests(): Readonly<Record<string, readonly object[]>> {
  return {
    'metacontroller/install/stateful-set.yaml': [statefulSetPatch()],
    'metacontroller/install/namespace.yaml': [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: restricted } },
    ],
    'metacontroller/install/disruption-budget.yaml': [disruptionBudget()],
    'metacontroller/install/chart-values.yaml': [chartValues()],
    'metacontroller/least-privilege/leader-election.yaml': leaderElection(),
    'metacontroller/least-privilege/chart-values.yaml': [
      { clusterRole: { aggregationRule: { clusterRoleSelectors }, rules: [] } },
    ],
  }
}

function statefulSetPatch(): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: name },
    spec: {
      replicas: 2,
      template: {
        spec: {
          affinity,
          tolerations: shortTolerations,
          securityContext: podSecurityContext,
          containers: [{ name, args: flags, resources, securityContext }],
        },
      },
    },
  }
}

function disruptionBudget(): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: name },
    spec: { maxUnavailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': name } } },
  }
}

/** The names are those of its plain manifests: policies and roles of ours know them. */
function chartValues(): object {
  return {
    nameOverride: name,
    fullnameOverride: name,
    replicas: 2,
    commandArgs: flags,
    resources,
    tolerations: shortTolerations,
    affinity,
    podSecurityContext,
    securityContext,
    podDisruptionBudget: { maxUnavailable: 1 },
  }
}

/** In its own namespace: a right to every lease would be one to everybody's leadership. */
function leaderElection(): readonly object[] {
  const metadata = { name: 'metacontroller-leader-election', namespace: name }
  const apiGroup = 'rbac.authorization.k8s.io'
  return [
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          resourceNames: [name],
          verbs: ['get', 'update', 'patch'],
        },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: name }],
    },
  ]
}
