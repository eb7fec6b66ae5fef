// The handful of commands that the instance server sends to its redis-server, over the Unix socket, each with a deadline.
import { Redis } from 'ioredis'
import { join } from 'node:path'
import { parseInfo, type RedisInfo } from './info.ts'
import { socketName } from './conf.ts'
import { instanceUser, passwordHashes, type Passwords } from './users.ts'

export interface RedisControl {
  info(): Promise<RedisInfo>
  /** Resolves when redis-server confirmed that it follows this address. */
  follow(host: string, port: number): Promise<void>
  /** Resolves when redis-server confirmed that it is a primary. */
  open(): Promise<void>
  /** Cuts every connection of applications, so that nobody goes on talking to a fenced primary. */
  disconnectClients(): Promise<void>
  /** New passwords in force at once. ACL LOAD would do, but it closes the connection that asks for it. */
  setPasswords(passwords: Passwords): Promise<void>
  configSet(directive: string, value: string): Promise<void>
  /** The password for every later connection, including reconnects. */
  usePassword(password: string | undefined): void
  close(): void
}

const commandDeadlineMs = 1000
const reconnectMs = 50

export function controlOf(runDirectory: string, password: string | undefined): RedisControl {
  const client = connection(join(runDirectory, socketName), password)
  return {
    info: async () => parseInfo(await client.info()),
    async follow(host, port) {
      await client.call('REPLICAOF', host, String(port))
      await confirmRole(client, 'slave')
    },
    async open() {
      await client.call('REPLICAOF', 'NO', 'ONE')
      await confirmRole(client, 'master')
    },
    async disconnectClients() {
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    },
    async setPasswords(passwords) {
      for (const [user, hash] of passwordHashes(passwords)) {
        await client.call('ACL', 'SETUSER', user, 'resetpass', hash)
      }
      const { replication } = passwords
      if (replication !== undefined) await client.call('CONFIG', 'SET', 'masterauth', replication)
    },
    async configSet(directive, value) {
      await client.call('CONFIG', 'SET', directive, value)
    },
    usePassword(next) {
      if (next !== undefined) client.options.password = next
    },
    close: () => client.disconnect(),
  }
}

function connection(path: string, password: string | undefined): Redis {
  const client = new Redis({
    path,
    ...(password === undefined ? {} : { username: instanceUser, password }),
    commandTimeout: commandDeadlineMs,
    connectTimeout: commandDeadlineMs,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => reconnectMs,
  })
  // A redis-server that is down is seen by its exit and by INFO; the connection's own errors add nothing.
  client.on('error', () => undefined)
  return client
}

async function confirmRole(client: Redis, wanted: 'master' | 'slave'): Promise<void> {
  const answer = (await client.call('ROLE')) as unknown[]
  if (answer[0] !== wanted)
    throw new Error(`redis-server says that its role is ${String(answer[0])}, not ${wanted}`)
}
