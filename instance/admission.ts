// Who is meant: an address may belong to another Pod by now, so whoever commands an instance must say which one it is.
import type { BackupQuery } from './artifact.ts'
import type { Backups } from './backup/backups.ts'
import type { Config } from './config.ts'
import type { Life } from './life.ts'
import { checkIdentity, refuse, type Identity, type Refusal } from './reign/rules.ts'

/** Of the protocol: only inside a cluster. */
export type Guard = (named: Identity) => Refusal | undefined

export function guardOf(config: Config, life: Life): Guard {
  const own = identityOf(config)
  return (named) => {
    if (own === undefined)
      return refuse('bad-request', 'this instance was started by hand, without a cluster')
    if (life.hasEnded) return refuse('not-ready', 'this instance has ended')
    return refusalOfVolume(life) ?? checkIdentity(own, named)
  }
}

export interface BackupDesk {
  /** Undefined in a simulation. */
  readonly backups: Backups | undefined
  /** Whether a backup may not be asked for here, by these words. */
  refusalOfBackup(named: BackupQuery): Refusal | undefined
  /** Whoever names a Pod must mean this one. */
  refusalOfStranger(named: BackupQuery): Refusal | undefined
}

export function backupDeskOf(config: Config, life: Life): BackupDesk {
  const own = identityOf(config)
  const refusalOfStranger = (named: BackupQuery): Refusal | undefined => strangerIn(own, named)
  return {
    backups: life.backups,
    refusalOfStranger,
    refusalOfBackup(named) {
      const refused = anonymousIn(own, named) ?? refusalOfStranger(named)
      if (refused !== undefined) return refused
      return life.leaving ? refuse('not-ready', 'this instance is terminating') : refusalOfVolume(life)
    },
  }
}

function identityOf({ cluster }: Config): Identity | undefined {
  return cluster && { cluster: cluster.uid, pod: cluster.podUid }
}

function refusalOfVolume({ keeper, isUnborn, waitingFor }: Life): Refusal | undefined {
  return keeper.loaded() && !isUnborn
    ? undefined
    : refuse('not-ready', waitingFor ?? 'the data volume is not ours yet')
}

function anonymousIn(own: Identity | undefined, { cluster, pod }: BackupQuery): Refusal | undefined {
  if (own === undefined || (cluster !== undefined && pod !== undefined)) return undefined
  return refuse(
    'bad-request',
    `inside a cluster the query must say which Pod is meant: ?cluster=${own.cluster}&pod=${own.pod}`,
  )
}

function strangerIn(own: Identity | undefined, { cluster, pod }: BackupQuery): Refusal | undefined {
  if (own !== undefined) return checkIdentity(own, { cluster: cluster ?? own.cluster, pod: pod ?? own.pod })
  return cluster === undefined && pod === undefined
    ? undefined
    : refuse('bad-request', 'this instance was started by hand: it belongs to no cluster, and is no Pod')
}
