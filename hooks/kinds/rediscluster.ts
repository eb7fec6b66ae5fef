// How the hooks serve RedisClusters: every instance is polled in each sync, and commanded before the answer.
import { handleSync, type Steps } from '../handle-sync.ts'
import { childKinds, hookPaths } from '../rediscluster/controller.ts'
import { controlSecretName, kind } from '../rediscluster/names.ts'
import { addressesToPoll, find, kinds, type Request } from '../rediscluster/observed.ts'
import type { InstanceReports, SyncPlan } from '../rediscluster/plan.ts'
import type { RedisCluster } from '../rediscluster/resource.ts'
import { customize, sync } from '../rediscluster/sync.ts'
import { CustomizeBody, SyncBody } from '../requests.ts'
import { command, poll } from './asking.ts'
import type { ServedKind } from './served.ts'

const steps: Steps<Request, InstanceReports, SyncPlan> = {
  kind,
  childKinds,
  gather: (request, _now, context) => poll(addressesToPoll(request), context),
  decide: ({ request, reports, now, entropy }, { image }) => sync(request, reports, now, entropy, { image }),
  async execute({ parent, children }, reports, { commands }, context) {
    const { name, uid = '' } = parent.metadata
    const secret = find(children, kinds.secret, controlSecretName(name))
    return await command(commands, reports, { uid, secret }, context)
  },
  /** A primary that serves and is kept, and nothing was done. */
  isIdle: ({ commands, deletions, decision }) =>
    commands.length === 0 && deletions.length === 0 && decision.startsWith('Serving'),
}

export const servedRedisCluster: ServedKind = {
  kind,
  paths: hookPaths,
  syncBody: SyncBody,
  customizeBody: CustomizeBody,
  sync: (request, context) => handleSync(steps, request as Request, context),
  customize: (parent) => customize({ parent: parent as RedisCluster }),
}
