// What a person can do about a failover that is stuck, as commands to copy.
import { candidates } from './copies.ts'
import type { Facts } from './facts.ts'
import { annotations } from './names.ts'
import type { Situation } from './primary.ts'
import { unproven } from './proofs.ts'

/** Bringing back what is missing always helps; the commands are for what will not come back. */
export function wayOut(facts: Facts, situation: Situation): string {
  if (situation.kind === 'Fencing') {
    const absent = unproven(facts).filter(
      ({ uid }) => !facts.instances.some((instance) => instance.uid === uid),
    )
    const gone = absent.map(({ uid }) => uid).join(',')
    const bring = 'Nothing is promoted until they arrive: bring the named instances or their network back'
    return gone === ''
      ? bring
      : `${bring}. If you have seen that their machines are dead: ${annotate(facts, `${annotations.confirmGone}=${gone}`)}`
  }
  const bring = 'Nothing is promoted: bring the missing instances back, for they may hold newer data'
  const [best] = candidates(facts)
  if (best === undefined) return bring
  const order = `${best.instance.uid}/${facts.reign.primaryEpoch ?? 0}`
  return `${bring}. To promote ${best.instance.name} all the same, and lose what only others hold: ${annotate(facts, `${annotations.acceptLoss}=${order}`)}`
}

/** `order` as kubectl takes it: `name=value`, or `name-`. */
export function annotate({ clusterName, namespace }: Facts, order: string): string {
  return `kubectl annotate rediscluster -n ${namespace} ${clusterName} --overwrite ${order}`
}
