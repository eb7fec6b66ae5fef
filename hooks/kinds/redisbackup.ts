// How the hooks serve RedisBackups: instances are asked only while a backup looks for its target, and then only that one.
import { handleSync, type AnyPlan, type Steps } from '../handle-sync.ts'
import { askForJob } from '../io/backup-job.ts'
import { childKinds, hookPaths } from '../redisbackup/controller.ts'
import { kind } from '../redisbackup/names.ts'
import { clusterOf, controlSecretOf, type Request } from '../redisbackup/observed.ts'
import type { BackupPlan, BackupReports } from '../redisbackup/plan.ts'
import type { RedisBackup } from '../redisbackup/resource.ts'
import { RedisBackupSpec } from '../redisbackup/spec.ts'
import { customize, questionsOf, sync } from '../redisbackup/sync.ts'
import { bodiesOf } from '../requests.ts'
import { command, poll, pollDeadlineMs } from './asking.ts'
import type { ServedKind } from './served.ts'

type Plan = BackupPlan & AnyPlan

const steps: Steps<Request, BackupReports, Plan> = {
  kind,
  childKinds,
  async gather(request, now, context) {
    const { statusOf, jobAt } = questionsOf(request, now)
    const { name: backupName, uid: backup = '' } = request.parent.metadata
    const cluster = clusterOf(request)?.metadata.uid ?? ''
    const asked = { at: jobAt, backupName, query: { cluster, pod: jobAt?.uid ?? '', backup } }
    const [instances, job] = await Promise.all([
      poll(statusOf, context),
      jobAt === undefined ? undefined : askForJob(context.agent, { ...asked, at: jobAt }, pollDeadlineMs),
    ])
    return { instances, ...(job === undefined ? {} : { job }) }
  },
  /** A status that is not in the API yet commands nobody. */
  decide({ request, isReadBack, reports, now }) {
    const plan = sync(request, reports, now)
    return { ...plan, commands: isReadBack ? plan.commands : [], children: [], deletions: [] }
  },
  async execute(request, { instances }, { commands }, context) {
    const uid = clusterOf(request)?.metadata.uid
    if (uid === undefined || commands.length === 0) return []
    return await command(commands, instances, { uid, secret: controlSecretOf(request) }, context)
  },
  /** Neither a command nor another phase. */
  isIdle: ({ commands, decision }) => commands.length === 0 && !decision.includes('→'),
}

export const servedRedisBackup: ServedKind = {
  kind,
  paths: hookPaths,
  ...bodiesOf(kind, RedisBackupSpec),
  sync: (request, context) => handleSync(steps, request as Request, context),
  customize: (parent) => customize({ parent: parent as RedisBackup }),
}
