// Builds the real parts of an instance: this machine's clock, files, processes and network.
import { join } from 'node:path'
import type { Logger } from 'pino'
import { mounts } from './api.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { kubernetesApi } from './kubernetes/api.ts'
import { LiveSettings } from './live-settings.ts'
import type { Parts } from './parts.ts'
import { offsetOf, peers, statusOf } from './peers.ts'
import { redisServer } from './redis/server.ts'
import { shelfOn } from './salvage-files.ts'
import { readState, writeState } from './state-file.ts'
import { openLock, tryLock } from './volume-lock.ts'

export async function realParts(config: Config, log: Logger): Promise<Parts> {
  const data = join(config.root, mounts.data)
  const lock = openLock(data)
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
    incarnation: String(Math.round(performance.timeOrigin)),
    log,
  }
}
