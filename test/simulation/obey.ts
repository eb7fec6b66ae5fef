// A command of the hooks, carried out on the shipped instance that it reaches.
import type { Command } from '../../hooks/rediscluster/plan.ts'
import type { Instance } from '../../instance/instance.ts'

/** What a command means to whoever gets it: for whom it is meant, it says itself. */
export function obey(instance: Instance, command: Command): Promise<unknown> {
  const { epoch } = command
  const named = { cluster: command.cluster, pod: command.to.uid }
  if (command.kind === 'Fence') return instance.fence(named, epoch, command.target)
  if (command.kind === 'Promote') return instance.promote(named, epoch, command.proofs, command.chosen)
  if (command.kind === 'Handover') return instance.handover(named, epoch, command.target)
  if (command.kind === 'Retire') return instance.retire(named, epoch)
  const { uid, ip } = command.primary
  return instance.follow(named, epoch, uid, ip, 6379)
}
