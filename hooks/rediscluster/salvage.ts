// Says which instances keep a copy of data that a failover may have lost, and how a person gets at it.
import { salvageFolder, type SalvageCopy } from '../../instance/api.ts'
import type { Claim } from './conditions.ts'
import type { Facts } from './facts.ts'
import type { RedisClusterStatus } from './recorded.ts'

/** There only while a person has something to look at. */
export function salvageConditions(
  { namespace }: Facts,
  states: RedisClusterStatus['instancesStatus'] = {},
): readonly Claim[] {
  const type = 'SalvageCopy'
  const all = Object.entries(states).flatMap(([pod, { salvage }]) =>
    salvage === undefined ? [] : [{ pod, ...salvage }],
  )
  const kept = all.flatMap(({ pod, copy }) => (copy === undefined ? [] : [told(namespace, pod, copy)]))
  const refused = all.flatMap(({ pod, refused: refusal }) =>
    refusal === undefined
      ? []
      : [
          `${pod} kept no copy of what it had of epoch ${refusal.epoch}: ${refusal.reason}. ${forget(namespace, pod)}`,
        ],
  )
  if (all.length === 0) return []
  const reason = kept.length > 0 ? 'CopyKept' : 'CopyRefused'
  return [{ type, status: 'True', reason, message: [...kept, ...refused].join('; ').slice(0, 4096) }]
}

function told(
  namespace: string,
  pod: string,
  { path, epoch, primaryEpoch, bytes, surplusBytes }: SalvageCopy,
): string {
  const lacks =
    surplusBytes === undefined
      ? `that the primary of epoch ${primaryEpoch} may lack`
      : `of which the primary of epoch ${primaryEpoch} lacks up to ${surplusBytes} bytes`
  const fetch = `kubectl exec -n ${namespace} ${pod} -- tar -c -C ${salvageFolder} epoch-${epoch} | tar -x`
  return `${pod} keeps what it had of epoch ${epoch}, ${lacks}: ${path}, ${bytes} bytes. To get it: ${fetch}. ${forget(namespace, pod)}`
}

const forget = (namespace: string, pod: string): string =>
  `To forget it: kubectl exec -n ${namespace} ${pod} -- rm -r ${salvageFolder}`
