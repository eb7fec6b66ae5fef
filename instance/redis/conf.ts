// redis.conf as this Pod runs it: the cluster's text, then the Pod's own lines, which win because they come last.
import { join } from 'node:path'
import { redisPort } from '../api.ts'
import type { Upstream } from '../reign/boot.ts'

export interface PodLines {
  readonly listen: string | undefined
  readonly dataDirectory: string
  readonly runDirectory: string
  readonly announceIp: string | undefined
  readonly replicationPassword: string | undefined
  readonly upstream: Upstream
}

export const socketName = 'redis.sock'
export const usersFileName = 'users.acl'
export const confFileName = 'redis.conf'
export const replicationUser = 'replication'

/** Whatever the cluster's text says, redis-server starts as a read-only replica with the users in force. */
export function renderConf(clusterText: string, pod: PodLines): string {
  return `${clusterText.trimEnd()}\n${podDirectives(pod)
    .map(([directive, value]) => `${directive} ${value}\n`)
    .join('')}`
}

/** The directives of a conf text, in lower case, each with its value as CONFIG SET takes it. */
export function directivesOf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [directive = '', ...words] = wordsOf(line)
    if (directive === '' || directive.startsWith('#')) continue
    const name = directive.toLowerCase()
    const value = words.join(' ')
    const before = values.get(name) ?? ''
    // Redis adds up the lines of these, and an empty one begins anew; of any other the last one wins.
    values.set(name, isAddedUp(name) && before !== '' && value !== '' ? `${before} ${value}` : value)
  }
  return values
}

const isAddedUp = (directive: string): boolean =>
  directive === 'save' || directive === 'client-output-buffer-limit'

/** As Redis splits a line: words may be quoted, either way. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/"(?:\\.|[^"\\])*"|'(?:\\'|[^'])*'|\S+/g) ?? []
  return words.map((word) => {
    if (/^".*"$/s.test(word)) return word.slice(1, -1).replace(/\\(.)/gs, '$1')
    return /^'.*'$/s.test(word) ? word.slice(1, -1).replaceAll("\\'", "'") : word
  })
}

function podDirectives(pod: PodLines): readonly (readonly [string, string])[] {
  const bind = pod.listen ?? '* -::*'
  const announce = pod.announceIp === undefined ? [] : ([['replica-announce-ip', pod.announceIp]] as const)
  const password = pod.replicationPassword
  const upstreamUser =
    password === undefined
      ? []
      : ([
          ['masteruser', replicationUser],
          ['masterauth', quoted(password)],
        ] as const)
  return [
    ['bind', bind],
    ['port', String(redisPort)],
    ['protected-mode', 'no'],
    ['unixsocket', quoted(join(pod.runDirectory, socketName))],
    ['unixsocketperm', '700'],
    ['dir', quoted(pod.dataDirectory)],
    ['aclfile', quoted(join(pod.runDirectory, usersFileName))],
    ['daemonize', 'no'],
    ['supervised', 'no'],
    ['pidfile', '""'],
    ['logfile', '""'],
    ['enable-debug-command', 'no'],
    ['enable-module-command', 'no'],
    ...announce,
    ...upstreamUser,
    ['replica-read-only', 'yes'],
    ['replica-serve-stale-data', 'yes'],
    // How late a replica's acknowledgement may be before it counts as gone; how many are needed is the primary's to set.
    ['min-replicas-max-lag', '5'],
    ['replicaof', `${pod.upstream.host} ${pod.upstream.port}`],
  ]
}

const quoted = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
