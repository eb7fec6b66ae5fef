// Redis' INFO text as values; the one place that knows its field names, and the words master and slave.

export interface RedisInfo {
  readonly role: 'master' | 'slave'
  readonly offsetBytes: number
  readonly connectedReplicas: number
  /** Each with what it has acknowledged. */
  readonly replicas: readonly { readonly ip: string; readonly offsetBytes: number }[]
  readonly follows: { readonly host: string; readonly port: number } | undefined
  readonly linkUp: boolean
  readonly syncInProgress: boolean
  readonly loading: boolean
  readonly replid: string
  readonly replid2: string
  readonly secondReplOffset: number
  readonly version: string
  readonly keys: number
  /** No AOF rewrite runs or waits: what is in memory is also in the files. */
  readonly aofSettled: boolean
  /** Every field as printed, for metrics. */
  readonly fields: Readonly<Record<string, string>>
}

export function parseInfo(text: string): RedisInfo {
  const fields = fieldsOf(text)
  const number = (name: string): number => Number(fields[name] ?? 0)
  const role = fields['role'] === 'master' ? 'master' : 'slave'
  const host = fields['master_host']
  return {
    role,
    offsetBytes: role === 'master' ? number('master_repl_offset') : number('slave_repl_offset'),
    connectedReplicas: number('connected_slaves'),
    replicas: replicasIn(fields),
    follows: role === 'slave' && host !== undefined ? { host, port: number('master_port') } : undefined,
    linkUp: fields['master_link_status'] === 'up',
    syncInProgress: fields['master_sync_in_progress'] === '1',
    loading: fields['loading'] === '1' || fields['async_loading'] === '1',
    replid: fields['master_replid'] ?? '',
    replid2: fields['master_replid2'] ?? '',
    secondReplOffset: number('second_repl_offset'),
    version: fields['valkey_version'] ?? fields['redis_version'] ?? '',
    keys: keysIn(fields),
    aofSettled: number('aof_rewrite_in_progress') === 0 && number('aof_rewrite_scheduled') === 0,
    fields,
  }
}

function fieldsOf(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

/** `db0:keys=3,expires=0,…`; a database without keys is not printed. */
function keysIn(fields: Readonly<Record<string, string>>): number {
  return Object.entries(fields)
    .filter(([name]) => /^db[0-9]+$/.test(name))
    .reduce((sum, [, value]) => sum + Number(/keys=([0-9]+)/.exec(value)?.[1] ?? 0), 0)
}

/** `slave0:ip=10.0.0.1,port=6379,state=online,offset=42,lag=0`; one that is not online has acknowledged nothing. */
function replicasIn(fields: Readonly<Record<string, string>>): RedisInfo['replicas'] {
  return Object.entries(fields)
    .filter(([name, value]) => /^slave[0-9]+$/.test(name) && value.includes('state=online'))
    .map(([, value]) => ({
      ip: /ip=([^,]+)/.exec(value)?.[1] ?? '',
      offsetBytes: Number(/offset=([0-9]+)/.exec(value)?.[1] ?? 0),
    }))
}
