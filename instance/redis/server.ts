// The real redis-server: writes its redis.conf and users.acl, starts it under the supervisor, connects to its socket.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mounts } from '../api.ts'
import type { Config } from '../config.ts'
import type { Log, RedisServer } from '../parts.ts'
import type { Upstream } from '../reign/boot.ts'
import type { Settings } from '../settings.ts'
import { supervise } from '../supervisor.ts'
import { confFileName, renderConf } from './conf.ts'
import { controlOf } from './control.ts'
import { writeUsers } from './users.ts'

export function redisServer(
  config: Config,
  lockDescriptor: number,
  log: Log,
  onExit: (reason: string) => void,
): RedisServer {
  const directory = config.root + mounts.run
  const supervisor = supervise({ binary: config.redisServer, lockDescriptor, log, onExit })
  return {
    async start(settings, upstream) {
      await writeFiles(config, directory, settings, upstream)
      supervisor.start(join(directory, confFileName))
      return controlOf(directory, settings.passwords.instance)
    },
    stop: (deadlineMs) => supervisor.stop(deadlineMs),
    kill: () => supervisor.kill(),
    running: () => supervisor.running(),
    lastExit: () => supervisor.lastExit(),
  }
}

async function writeFiles(
  config: Config,
  directory: string,
  settings: Settings,
  upstream: Upstream,
): Promise<void> {
  const conf = renderConf(settings.configText, {
    listen: config.listen,
    dataDirectory: config.root + mounts.data,
    runDirectory: directory,
    announceIp: config.cluster?.podIp,
    replicationPassword: settings.passwords.replication,
    upstream,
  })
  await mkdir(directory, { recursive: true })
  await writeUsers(directory, settings.passwords)
  await writeFile(join(directory, confFileName), conf, { mode: 0o600 })
}
