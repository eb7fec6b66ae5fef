// What a person can do about a failover that is stuck, as commands to copy.
import { candidates } from './copies.ts'
import type { Facts } from './facts.ts'
import { annotations } from './names.ts'
import type { Situation } from './primary.ts'
import { isGone, unproven } from './proofs.ts'

/** Bringing back what is missing always helps; the commands are for what will not come back. */
export function wayOut(facts: Facts, situation: Situation): string {
  if (situation.kind === 'Fencing') {
    const absent = unproven(facts).filter(
      ({ uid }) => !facts.instances.some((instance) => instance.uid === uid),
    )
    const bring = 'Nothing is promoted until they arrive: bring the named instances or their network back'
    const gone = absent.map(({ uid }) => uid)
    return [bring, ...howToConfirm(gone, facts)].join('. ')
  }
  const bring = 'Nothing is promoted: bring the missing instances back, for they may hold newer data'
  const [best] = candidates(facts)
  if (best === undefined) return bring
  const order = `${best.instance.uid}/${facts.reign.primaryEpoch ?? 0}`
  return `${bring}. To promote ${best.instance.name} all the same, and lose what only others hold: ${annotate(facts, `${annotations.acceptLoss}=${order}`)}`
}

/** For those of whom nothing shows that their processes ended. */
export function howToConfirm(uids: readonly string[], facts: Facts): readonly string[] {
  const unsure = uids.filter((uid) => isGone(uid, facts) === undefined)
  if (unsure.length === 0) return []
  const command = annotate(facts, `${annotations.confirmGone}=${unsure.join(',')}`)
  return [`If you have seen that their machines are dead: ${command}`]
}

/** `order` as kubectl takes it: `name=value`, or `name-`. */
export function annotate({ clusterName, namespace }: Facts, order: string): string {
  return `kubectl annotate rediscluster -n ${namespace} ${clusterName} --overwrite ${order}`
}
