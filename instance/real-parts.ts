// Builds the real parts of an instance: this machine's clock, files, processes and network.
import { join } from 'node:path'
import type { Logger } from 'pino'
import { mounts } from './api.ts'
import { Backups } from './backup/backups.ts'
import { backupRunner } from './backup/run.ts'
import { openS3 } from './backup/s3.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { kubernetesApi } from './kubernetes/api.ts'
import { LiveSettings } from './live-settings.ts'
import type { Engine } from './engine.ts'
import type { Parts } from './parts.ts'
import { offsetOf, peers, statusOf } from './peers.ts'
import { redisServer } from './redis/server.ts'
import { placeOf, type Place } from './restore/place.ts'
import { restorerOn } from './restore/restorer.ts'
import { verifierOf } from './restore/verify.ts'
import { shelfOn } from './salvage-files.ts'
import { readSettings } from './settings.ts'
import { readState, writeState } from './state-file.ts'
import { openLock, tryLock } from './volume-lock.ts'

export async function realParts(config: Config, log: Logger): Promise<Parts> {
  const data = join(config.root, mounts.data)
  const lock = openLock(data)
  const place = placeOf(config, lock.descriptor, log)
  return {
    clock: systemClock,
    api: config.cluster && (await kubernetesApi(config.cluster, config.root, log)),
    beat: peers(config.root),
    offsetOf,
    statusOf,
    volume: {
      tryLock: () => tryLock(lock),
      read: () => readState(data),
      write: (state) => writeState(data, state),
      shelf: shelfOn(data, config.cluster?.podUid ?? ''),
    },
    redis: (onExit) => redisServer(config, lock.descriptor, log, onExit),
    settings: (engine) => new LiveSettings(config, engine, log),
    backups: (engine) => backupsOf(config, engine, place, log),
    restorer: restorerOn(place, openS3),
    incarnation: String(Math.round(performance.timeOrigin)),
    log,
  }
}

function backupsOf(config: Config, redis: Engine, place: Place, log: Logger): Backups {
  const run = backupRunner({
    redis,
    clock: systemClock,
    log,
    folder: join(config.root, mounts.data),
    credentialsFolder: join(config.root, mounts.backupCredentials),
    cluster: config.cluster,
    openStore: openS3,
    verify: verifierOf(place, redis, () => configTextOf(config)),
  })
  return new Backups(run, systemClock, log)
}

const configTextOf = async ({ root, cluster }: Config): Promise<string> =>
  (await readSettings(root, cluster !== undefined)).configText
