// Volumes that an earlier cluster of the same name left behind: nothing is born beside them before somebody decided what they are for.
import type { Blueprint } from './blueprint.ts'
import { ordinalOfVolume } from './names.ts'
import { allOf, find, kinds } from './observed.ts'

/**
 * Of any ordinal while this cluster is unborn, for the newest data may be on any of them. Later only those that are in the way
 * of an instance; the others are nobody's business here.
 */
export function retainedVolumes(blueprint: Blueprint): readonly string[] {
  const { name, spec, uid, request } = blueprint
  if (spec.storage.type === 'emptyDir') return []
  return allOf(request.related, kinds.volume)
    .filter(({ metadata }) => {
      const ordinal = ordinalOfVolume(name, metadata.name)
      if (ordinal === undefined || (isBorn(blueprint) && ordinal >= spec.instances)) return false
      const ours = find(request.children, kinds.volume, metadata.name) !== undefined
      return !ours && metadata.labels?.['controller-uid'] !== uid
    })
    .map(({ metadata }) => metadata.name)
    .sort((a, b) => (ordinalOfVolume(name, a) ?? 0) - (ordinalOfVolume(name, b) ?? 0))
}

/** What becomes of them is for a person to say, as commands to copy. */
export function adoption(blueprint: Blueprint, retained: readonly string[]): string {
  const { name, namespace, uid, spec } = blueprint
  const claims = retained.join(' ')
  const remove = `kubectl delete pvc -n ${namespace} ${claims}`
  const held = `${claims} hold the data of an earlier RedisCluster`
  if (isBorn(blueprint))
    return `${held}, and this one has data of its own. For new replicas that copy its data, delete them: ${remove}`
  const label = `kubectl label pvc -n ${namespace} ${claims} controller-uid=${uid} --overwrite`
  const highest = Math.max(...retained.map((claim) => ordinalOfVolume(name, claim) ?? 0))
  const scale = `kubectl scale rediscluster -n ${namespace} ${name} --replicas=${highest + 1}`
  const use =
    highest < spec.instances
      ? `To use them: ${label}`
      : `To use them, all of them, for the newest may be on any: ${scale} && ${label}`
  return `${held}. ${use}. To start empty instead: ${remove}`
}

/** One that has a primary, or had: its Pods must go on being replaced, whatever lies about. */
export const isBorn = ({ request }: Blueprint): boolean => request.parent.status?.currentEpoch !== undefined
