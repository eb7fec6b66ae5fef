// What a change of each directive of redis.conf takes: nothing, a restart of redis-server, or it belongs to the operator and nobody makes it.

/** Unknown is what a newer Redis, or a module, may have: it is tried, and redis-server says what it is. */
export type DirectiveKind = 'Live' | 'Restart' | 'Owned' | 'Unknown'

/** Redis takes a directive in any case. */
export function directiveKind(directive: string): DirectiveKind {
  const name = directive.toLowerCase()
  if (isOwned(name)) return 'Owned'
  if (restart.includes(name)) return 'Restart'
  return live.includes(name) ? 'Live' : 'Unknown'
}

export function isOwned(directive: string): boolean {
  const name = directive.toLowerCase()
  return ownedDirectives.includes(name) || ownedPrefixes.some((prefix) => name.startsWith(prefix))
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/**
 * With every alias: topology, identity, users, files, and what could run or load foreign code. No user sets them, and a
 * running redis-server keeps what it was started with.
 */
export const ownedDirectives: readonly string[] = words(`
  acl-pubsub-default aclfile appenddirname appendfilename appendonly bind bind-source-addr cluster-enabled
  crash-log-enabled daemonize dbfilename dir enable-debug-command enable-module-command enable-protected-configs
  include loadmodule logfile masterauth masteruser pidfile port primaryauth primaryuser protected-mode
  rename-command repl-diskless-load replica-announce-ip replica-announce-port replica-announced replica-priority
  replica-read-only replica-serve-stale-data replicaof requirepass save shutdown-on-sigint shutdown-on-sigterm
  slave-announce-ip slave-announce-port slave-priority slave-read-only slave-serve-stale-data slaveof supervised
  syslog-enabled unixsocket unixsocketperm user
`)

export const ownedPrefixes = ['min-replicas-', 'min-slaves-', 'tls-', 'sentinel'] as const

/** Redis 7.0 to 7.4 and Valkey 7.2 to 8: none of them disagrees with another about one that both have. */
const restart = words(`
  always-show-logo aof-rewrite-cpulist aof_rewrite_cpulist bgsave-cpulist bgsave_cpulist bio-cpulist bio_cpulist
  client-default-resp cluster-config-file cluster-port databases disable-thp enable-debug-assert io-threads
  io-threads-do-reads rdbchecksum req-res-logfile server-cpulist server_cpulist set-proc-title socket-mark-id
  syslog-facility syslog-ident tcp-backlog unixsocketgroup
`)

const live = words(`
  acllog-max-len active-defrag-cycle-max active-defrag-cycle-min active-defrag-ignore-bytes
  active-defrag-max-scan-fields active-defrag-threshold-lower active-defrag-threshold-upper active-expire-effort
  activedefrag activerehashing aof-disable-auto-gc aof-load-truncated aof-rewrite-incremental-fsync
  aof-timestamp-enabled aof-use-rdb-preamble appendfsync auto-aof-rewrite-min-size auto-aof-rewrite-percentage
  availability-zone busy-reply-threshold client-output-buffer-limit client-query-buffer-limit
  cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down cluster-allow-replica-migration
  cluster-announce-bus-port cluster-announce-client-ipv4 cluster-announce-client-ipv6 cluster-announce-hostname
  cluster-announce-human-nodename cluster-announce-ip cluster-announce-port cluster-announce-tls-port
  cluster-blacklist-ttl cluster-link-sendbuf-limit cluster-migration-barrier cluster-node-timeout
  cluster-ping-interval cluster-preferred-endpoint-type cluster-replica-no-failover
  cluster-replica-validity-factor cluster-require-full-coverage cluster-slave-no-failover
  cluster-slave-validity-factor cluster-slot-stats-enabled crash-memcheck-enabled debug-context
  dual-channel-replication-enabled dynamic-hz events-per-io-thread extended-redis-compatibility
  hash-max-listpack-entries hash-max-listpack-value hash-max-ziplist-entries hash-max-ziplist-value
  hide-user-data-from-log hll-sparse-max-bytes hz ignore-warnings jemalloc-bg-thread key-load-delay
  latency-monitor-threshold latency-tracking latency-tracking-info-percentiles lazyfree-lazy-eviction
  lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del lazyfree-lazy-user-flush lfu-decay-time
  lfu-log-factor list-compress-depth list-max-listpack-size list-max-ziplist-size
  loading-process-events-interval-bytes locale-collate log-format log-timestamp-format loglevel lua-time-limit
  max-new-connections-per-cycle max-new-tls-connections-per-cycle maxclients maxmemory maxmemory-clients
  maxmemory-eviction-tenacity maxmemory-policy maxmemory-samples no-appendfsync-on-rewrite
  notify-keyspace-events oom-score-adj oom-score-adj-values prefetch-batch-max-size proc-title-template
  propagation-error-behavior proto-max-bulk-len rdb-del-sync-files rdb-key-save-delay rdb-save-incremental-fsync
  rdbcompression repl-backlog-size repl-backlog-ttl repl-disable-tcp-nodelay repl-diskless-sync
  repl-diskless-sync-delay repl-diskless-sync-max-replicas repl-ping-replica-period repl-ping-slave-period
  repl-timeout replica-ignore-disk-write-errors replica-ignore-maxmemory replica-lazy-flush
  sanitize-dump-payload set-max-intset-entries set-max-listpack-entries set-max-listpack-value shutdown-timeout
  slave-ignore-maxmemory slave-lazy-flush slowlog-log-slower-than slowlog-max-len stop-writes-on-bgsave-error
  stream-node-max-bytes stream-node-max-entries tcp-keepalive timeout tracking-table-max-keys use-exit-on-panic
  watchdog-period zset-max-listpack-entries zset-max-listpack-value zset-max-ziplist-entries
  zset-max-ziplist-value
`)
