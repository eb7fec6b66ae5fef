// Advances the recorded reign by what instances hold on disk, for status can be behind.
import { contendersOf, type Reign } from '../../instance/ballot.ts'
import { statusOf, type Instance } from './facts.ts'

/**
 * Status can be one answer old, or written by a second Metacontroller. What instances hold on disk outranks it.
 * A writable instance has read itself as the target, live and with every proof: it is the primary of its epoch.
 * A promise names the target of its epoch as some status held it, for fences are sent only for a target read back.
 */
export function advancedReign(recorded: Reign, instances: readonly Instance[]): Reign {
  const opened = instances.flatMap((target) => {
    const status = statusOf(target)
    return status?.writable === true ? [{ target, epoch: status.openedEpoch }] : []
  })
  const promised = instances.flatMap((instance) => {
    const status = statusOf(instance)
    const target = instances.find(({ uid }) => uid === status?.seenTarget)
    return status === undefined || target === undefined ? [] : [{ target, epoch: status.seen }]
  })
  return advancedBy(promised, advancedBy(opened, recorded))
}

interface Evidence {
  readonly target: Instance
  readonly epoch: number
}

function advancedBy(evidence: readonly Evidence[], reign: Reign): Reign {
  const [highest] = [...evidence].sort((a, b) => b.epoch - a.epoch)
  if (highest === undefined || highest.epoch <= (reign.primaryEpoch ?? 0)) return reign
  const { name, uid } = highest.target
  const { planned: _over, ...rest } = reign
  return {
    ...rest,
    contenders: [...contendersOf(reign, [])],
    targetPrimary: name,
    targetPrimaryUID: uid,
    primaryEpoch: highest.epoch,
  }
}
