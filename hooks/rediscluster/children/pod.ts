// The Pod of one ordinal: built afresh from spec and ordinal; a live Pod keeps the spec it was created with.
import { aclKey, configKey, passwordKey } from '../../../instance/api.ts'
import type { Pod, PodSpec } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import {
  annotations,
  configMapName,
  controlSecretName,
  podLabels,
  podName,
  volumeName,
  type Role,
} from '../names.ts'
import { find, kinds } from '../observed.ts'
import { ordersIn } from '../orders.ts'
import { canonicalJson, textHash } from '../text-hash.ts'
import { unmountedSince } from '../volumes.ts'
import { additionsOf, schedulingOf } from './additions.ts'
import { renderConfig } from './config.ts'
import { container } from './container.ts'
import { authSecretOf } from './secrets.ts'

/** User and group `redis` of the official images. */
const redisUser = 999
/** Longer than Redis' own shutdown and the wait for the promise that follows it. */
const graceSeconds = 90

export function desiredPod(blueprint: Blueprint, ordinal: number): Pod {
  const { name, namespace } = blueprint
  const pod = podName(name, ordinal)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod,
      namespace,
      labels: labelsOf(blueprint, pod, 'replica'),
      annotations: { ...annotationsOf(blueprint), ...bornWith(blueprint, ordinal) },
    },
    spec: podSpec(blueprint, ordinal),
  }
}

/** A live Pod: only its labels and annotations may move, everything else stays as it was created. */
export function pinnedPod(blueprint: Blueprint, observed: Pod, role: Role): Pod {
  const { name } = observed.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: blueprint.namespace,
      labels: labelsOf(blueprint, name, role),
      annotations: { ...annotationsOf(blueprint), ...keptFrom(observed) },
    },
    ...(observed.spec === undefined ? {} : { spec: observed.spec }),
  }
}

/** The operator's own come last: whatever slips past the schema, no user's label makes a primary. */
const labelsOf = ({ name, spec }: Blueprint, pod: string, role: Role): Record<string, string> => ({
  ...spec.podLabels,
  ...podLabels(name, pod, role),
})

const annotationsOf = (blueprint: Blueprint): Record<string, string> => ({
  ...blueprint.spec.podAnnotations,
  ...configAnnotation(blueprint),
})

/** What tells later whether it is still what is asked for. */
function bornWith(blueprint: Blueprint, ordinal: number): Record<string, string> {
  const { name, request } = blueprint
  const { restartedAt } = ordersIn(name, request.parent.metadata.annotations)
  const claim = find(request.children, kinds.volume, volumeName(name, ordinal))
  const pending = claim && unmountedSince(claim)
  return {
    [annotations.template]: templateHash(blueprint),
    ...(restartedAt === undefined ? {} : { [annotations.restartedAt]: restartedAt }),
    ...(pending === undefined ? {} : { [annotations.mounted]: pending }),
  }
}

function keptFrom({ metadata }: Pod): Record<string, string> {
  const born: readonly string[] = [annotations.template, annotations.restartedAt, annotations.mounted]
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => born.includes(key)))
}

/**
 * Hash of what the user chose for the Pod. Nothing of the operator's own version is in it, nor a default,
 * so that an upgrade of the operator makes no Pod look outdated.
 */
export function templateHash({ spec }: Pick<Blueprint, 'spec'>): string {
  const { imageName, resources, authSecret, aclConfigSecret, backupCredentialsSecret } = spec
  const { type, size } = spec.storage
  const emptyDir = type === 'emptyDir' ? size : undefined
  const chosen = { imageName, resources, authSecret, aclConfigSecret, backupCredentialsSecret, emptyDir }
  return textHash(canonicalJson({ ...chosen, ...additionsOf(spec), ...identityOf(spec) }))
}

/** A cloud's webhook reads these once, when a Pod is created. */
function identityOf({ serviceAccountAnnotations = {} }: Blueprint['spec']): object {
  return Object.keys(serviceAccountAnnotations).length > 0 ? { serviceAccountAnnotations } : {}
}

function configAnnotation(blueprint: Blueprint): Record<string, string> {
  return { [annotations.config]: textHash(renderConfig(blueprint)) }
}

function podSpec(blueprint: Blueprint, ordinal: number): PodSpec {
  const { imagePullSecrets } = additionsOf(blueprint.spec)
  return {
    ...schedulingOf(blueprint.spec, blueprint.name),
    ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
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

function volumes(blueprint: Blueprint, ordinal: number): readonly object[] {
  const { name } = blueprint
  const password = {
    secret: { name: authSecretOf(blueprint), items: [{ key: passwordKey, path: passwordKey }] },
  }
  return [
    { name: 'data', ...dataVolume(blueprint, ordinal) },
    { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    {
      name: 'config',
      configMap: { name: configMapName(name), items: [{ key: configKey, path: configKey }] },
    },
    { name: 'projected', projected: { sources: [password, ...aclSource(blueprint)] } },
    { name: 'control', secret: { secretName: controlSecretName(name) } },
    ...backupCredentials(blueprint),
    ...(additionsOf(blueprint.spec).volumes ?? []),
  ]
}

function aclSource({ spec }: Blueprint): readonly object[] {
  const name = spec.aclConfigSecret?.name
  return name === undefined ? [] : [{ secret: { name, items: [{ key: aclKey, path: aclKey }] } }]
}

function dataVolume({ name, spec }: Blueprint, ordinal: number): object {
  return spec.storage.type === 'emptyDir'
    ? { emptyDir: { sizeLimit: spec.storage.size } }
    : { persistentVolumeClaim: { claimName: volumeName(name, ordinal) } }
}

/** Optional: an instance serves without its backups. */
function backupCredentials({ spec }: Blueprint): readonly object[] {
  const name = spec.backupCredentialsSecret?.name
  if (name === undefined) return []
  const sources = [{ secret: { name, optional: true } }]
  return [{ name: 'backup-credentials', projected: { sources } }]
}
