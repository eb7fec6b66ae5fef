// Which redis.conf directives a user may not set, because the operator's guarantees rest on them.

/** Owned by the operator: topology, identity, users, files, and what could run or load foreign code. */
export const refusedDirectives = [
  'acl-pubsub-default',
  'aclfile',
  'appenddirname',
  'appendfilename',
  'appendonly',
  'bind',
  'bind-source-addr',
  'cluster-enabled',
  'crash-log-enabled',
  'daemonize',
  'dbfilename',
  'dir',
  'enable-debug-command',
  'enable-module-command',
  'enable-protected-configs',
  'include',
  'loadmodule',
  'logfile',
  'masterauth',
  'masteruser',
  'pidfile',
  'port',
  'primaryauth',
  'primaryuser',
  'protected-mode',
  'rename-command',
  'repl-diskless-load',
  'replica-announce-ip',
  'replica-announce-port',
  'replica-announced',
  'replica-priority',
  'replica-read-only',
  'replicaof',
  'requirepass',
  'save',
  'shutdown-on-sigint',
  'shutdown-on-sigterm',
  'slave-announce-ip',
  'slave-announce-port',
  'slave-priority',
  'slave-read-only',
  'slaveof',
  'supervised',
  'syslog-enabled',
  'unixsocket',
  'unixsocketperm',
  'user',
] as const

export const refusedPrefixes = ['min-replicas-', 'min-slaves-', 'tls-', 'sentinel'] as const

/** The reason why `directive` is refused, or undefined when a user may set it. */
export function refusalOf(directive: string): string | undefined {
  const refused =
    refusedDirectives.some((name) => name === directive) ||
    refusedPrefixes.some((prefix) => directive.startsWith(prefix))
  return refused ? `${directive} belongs to the operator and cannot be set in spec.redis` : undefined
}
