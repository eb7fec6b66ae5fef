// The handful of commands that the instance server sends to its redis-server, over the Unix socket, each with a deadline.
import { Redis } from 'ioredis'
import { join } from 'node:path'
import { parseInfo, type RedisInfo } from './info.ts'
import { socketName } from './conf.ts'
import { readMarker, writeMarker } from './marker.ts'
import { instanceUser, passwordHashes, type Passwords } from './users.ts'

export interface RedisControl {
  info(): Promise<RedisInfo>
  /** Resolves when redis-server confirmed that it follows this address. */
  follow(host: string, port: number): Promise<void>
  /** Resolves when redis-server confirmed that it is a primary. */
  open(): Promise<void>
  /** Cuts every connection of applications, so that nobody goes on talking to a fenced primary. */
  disconnectClients(): Promise<void>
  /** Holds every write back for so long at most, or until they are resumed. */
  pauseWrites(ms: number): Promise<void>
  resumeWrites(): Promise<void>
  /** New passwords in force at once. ACL LOAD would do, but it closes the connection that asks for it. */
  setPasswords(passwords: Passwords): Promise<void>
  /** Names of all users. */
  users(): Promise<readonly string[]>
  /** It becomes what these rules say, and nothing else; rejects and leaves it as it was when one is not valid. */
  setUser(name: string, rules: readonly string[]): Promise<void>
  deleteUser(name: string): Promise<void>
  /** Undefined when redis-server knows no such directive. */
  configGet(directive: string): Promise<string | undefined>
  configSet(directive: string, value: string): Promise<void>
  /** Asks for a fork that writes the dataset down; resolves with what redis-server says to that. */
  persist(command: 'BGSAVE' | 'BGREWRITEAOF'): Promise<string>
  /** The reign that the data come from, as they say themselves. */
  readMark(clusterUID: string): Promise<number | undefined>
  mark(clusterUID: string, epoch: number): Promise<void>
  /** The password for every later connection, including reconnects. */
  usePassword(password: string | undefined): void
  close(): void
}

const commandDeadlineMs = 1000
const reconnectMs = 50

export function controlOf(runDirectory: string, password: string | undefined): RedisControl {
  const { client, usePassword } = connection(join(runDirectory, socketName), password)
  const call: Call = async (command, ...words) => {
    try {
      return await client.call(command, ...words)
    } catch (error) {
      // A connection that came up without its user stays so: only a new one can do better.
      if (isUnknown(error)) client.disconnect(true)
      // It would be logged with all its words, passwords among them.
      if (error instanceof Error) Reflect.deleteProperty(error, 'command')
      throw error
    }
  }
  return {
    ...roleCommands(call),
    ...userCommands(call),
    info: async () => parseInfo(String(await call('INFO'))),
    async setPasswords(passwords) {
      for (const [user, hash] of passwordHashes(passwords)) {
        await call('ACL', 'SETUSER', user, 'resetpass', hash)
      }
      const { replication } = passwords
      if (replication !== undefined) await call('CONFIG', 'SET', 'masterauth', replication)
    },
    async configGet(directive) {
      const [, value] = (await call('CONFIG', 'GET', directive)) as (string | undefined)[]
      return value
    },
    async configSet(directive, value) {
      await call('CONFIG', 'SET', directive, value)
    },
    persist: async (command) => String(await call(command)),
    readMark: (clusterUID) => readMarker(call, clusterUID),
    mark: (clusterUID, epoch) => writeMarker(call, clusterUID, epoch),
    usePassword,
    close: () => client.disconnect(),
  }
}

function userCommands(call: Call): Pick<RedisControl, 'users' | 'setUser' | 'deleteUser'> {
  return {
    users: async () => (await call('ACL', 'USERS')) as string[],
    async setUser(name, rules) {
      await call('ACL', 'SETUSER', name, 'reset', ...rules)
    },
    async deleteUser(name) {
      await call('ACL', 'DELUSER', name)
    },
  }
}

type RoleCommands = 'follow' | 'open' | 'disconnectClients' | 'pauseWrites' | 'resumeWrites'

function roleCommands(call: Call): Pick<RedisControl, RoleCommands> {
  return {
    async follow(host, port) {
      await call('REPLICAOF', host, String(port))
      await confirmRole(call, 'slave')
    },
    async open() {
      await call('REPLICAOF', 'NO', 'ONE')
      await confirmRole(call, 'master')
    },
    async disconnectClients() {
      await call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    },
    async pauseWrites(ms) {
      await call('CLIENT', 'PAUSE', String(ms), 'WRITE')
    },
    async resumeWrites() {
      await call('CLIENT', 'UNPAUSE')
    },
  }
}

interface Connection extends Pick<RedisControl, 'usePassword'> {
  readonly client: Redis
}

const isUnknown = (error: unknown): boolean =>
  error instanceof Error && /^(NOAUTH|WRONGPASS)\b/.test(error.message)

function connection(path: string, password: string | undefined): Connection {
  const client = new Redis({
    path,
    ...(password === undefined ? {} : { username: instanceUser, password }),
    commandTimeout: commandDeadlineMs,
    connectTimeout: commandDeadlineMs,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => reconnectMs,
  })
  let other: string | undefined
  const use = (next: string): void => {
    other = client.options.password ?? undefined
    client.options.username = instanceUser
    client.options.password = next
  }
  // A redis-server that is down is seen by its exit and by INFO; the connection's own errors add nothing but this:
  // a new password may not have reached redis-server before the connection broke, or it may have.
  client.on('error', (error: Error) => {
    if (isUnknown(error) && other !== undefined) use(other)
  })
  return {
    client,
    usePassword(next) {
      if (next !== undefined && next !== client.options.password) use(next)
    },
  }
}

export type Call = (command: string, ...words: string[]) => Promise<unknown>

async function confirmRole(call: Call, wanted: 'master' | 'slave'): Promise<void> {
  const [role] = (await call('ROLE')) as unknown[]
  if (role !== wanted) throw new Error(`redis-server says that its role is ${String(role)}, not ${wanted}`)
}
