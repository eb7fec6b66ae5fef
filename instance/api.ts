// The wire contract between hooks and instances: port, paths, bodies, problems. With ballot.ts, artifact.ts and directives.ts the only file that both import.
import { Type, type Static } from '@sinclair/typebox'
import { RestoreReport, RunningBackup } from './artifact.ts'
import { Count, Epoch, Proof, ShownPromise, Term, Uid } from './ballot.ts'

export const instancePort = 8080
export const redisPort = 6379

export const paths = {
  healthz: '/healthz',
  readyz: '/readyz',
  metrics: '/metrics',
  status: '/v1/status',
  fence: '/v1/fence',
  promote: '/v1/promote',
  demote: '/v1/demote',
  peer: '/v1/peer',
  handover: '/v1/handover',
  retire: '/v1/retire',
  backup: '/v1/backup',
  /** GET and DELETE of `/v1/backups/{name}`. */
  backups: '/v1/backups',
} as const

/** Where an instance finds and keeps its files; every path sits under its --root. */
export const mounts = {
  /** The volume: Redis' data, and `reign.json` beside them. */
  data: '/data',
  /** In memory: the rendered redis.conf and users.acl (0600), and Redis' Unix socket. */
  run: '/run/redis-operator',
  /** The ConfigMap `<name>-config` as a directory; its key `redis.conf`. */
  config: '/etc/redis-operator',
  /** The application's password, as the file `password`. */
  projected: '/projected',
  /** The control Secret as a directory; see controlKeys. */
  control: '/control',
  /** The Secret of `spec.backupCredentialsSecret` as a directory; empty while the Secret is missing. */
  backupCredentials: '/backup-credentials',
  /** The Pod's own API credentials: `token`, `ca.crt`. */
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
} as const

/** On the data volume; whatever is in it may be deleted. */
export const salvageFolder = `${mounts.data}/salvage`

export const configKey = 'redis.conf'
export const passwordKey = 'password'
/** The application's own users, in the syntax of an ACL file. */
export const aclKey = 'acl'
/** Keys of the control Secret, and so the files under mounts.control. */
export const controlKeys = {
  token: 'token',
  replicationPassword: 'replication-password',
  instancePassword: 'instance-password',
} as const

/** On a RedisCluster: a JSON array of the names of Pods whose redis-server is to be stopped, and kept stopped. */
export const fencedAnnotation = 'redis.io/fencedInstances'

/** The names in that annotation; undefined when it is not a JSON array of texts. */
export function fencedNames(annotation: string | undefined): readonly string[] | undefined {
  if (annotation === undefined || annotation.trim() === '') return []
  try {
    const names: unknown = JSON.parse(annotation)
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined
  } catch {
    return undefined
  }
}

/** What an instance writes on its own Pod, and nobody else does. */
export const instanceAnnotations = {
  /** The highest epoch this Pod has claimed: a decimal number (failover: claim). */
  epoch: 'redis.io/epoch',
  /** What this Pod has promised, as `epoch/target`, written once redis-server obeys it: for whoever reaches only the API. */
  promised: 'redis.io/promised',
  /** The terms by which this primary holds its right, as JSON. */
  terms: 'redis.io/terms',
  /** Changes on every transition of the instance, so that Metacontroller syncs at once. Its value means nothing. */
  transition: 'redis.io/transition',
} as const

const RedisState = Type.Union([
  Type.Literal('waiting'), // no redis-server yet: the volume's lock is held by somebody else, or files are missing
  Type.Literal('starting'), // started, has not answered yet
  Type.Literal('running'),
  Type.Literal('hung'), // the process lives, commands time out
  Type.Literal('stopped'), // reaped: no redis-server runs
])

/** A copy of data that the primary of a later reign may lack, on the volume, for a person to look at. */
export const SalvageCopy = Type.Object({
  /** In the container. */
  path: Type.String({ maxLength: 255 }),
  /** The reign that the data come from, and the one that was followed instead. */
  epoch: Epoch,
  primaryEpoch: Epoch,
  bytes: Count,
  /** How much of its stream the new primary lacks, pings included; unknown after a restart. */
  surplusBytes: Type.Optional(Count),
  madeAt: Type.String({ maxLength: 32 }),
})
export type SalvageCopy = Static<typeof SalvageCopy>

/** Why what might be lost could not be kept, as a sentence. */
export const SalvageRefusal = Type.Object({ epoch: Epoch, reason: Type.String({ maxLength: 512 }) })
export type SalvageRefusal = Static<typeof SalvageRefusal>

export const Salvage = Type.Object({
  copy: Type.Optional(SalvageCopy),
  refused: Type.Optional(SalvageRefusal),
})
export type Salvage = Static<typeof Salvage>

/** Answer of GET /v1/status; present even when redis-server does not answer (then role is absent). */
export const InstanceStatus = Type.Object({
  role: Type.Optional(Type.Union([Type.Literal('master'), Type.Literal('slave')])),
  replicationOffset: Count,
  connectedReplicas: Count,
  masterLinkStatus: Type.Optional(Type.Union([Type.Literal('up'), Type.Literal('down')])),
  connected: Type.Literal(true),

  clusterUID: Type.Optional(Uid),
  podUID: Uid,
  podName: Type.String({ maxLength: 63 }),

  /** Highest epoch it was told of, on disk; and whom it then named. It obeys nothing lower. */
  seen: Epoch,
  seenTarget: Type.Optional(Uid),
  /** Its promises of this life, as its Pod's annotation has shown them. */
  shownPromises: Type.Array(ShownPromise, { maxItems: 16 }),
  /** How long ago it granted a primary's heartbeat, or started if that was later; whom, and the terms that it held then. */
  grant: Type.Object({
    seconds: Type.Number({ minimum: 0 }),
    uid: Type.Optional(Uid),
    terms: Type.Optional(Type.Array(Term, { maxItems: 2 })),
  }),
  /** What fenced contenders said in their heartbeats: what each has promised, and obeys. */
  relayed: Type.Array(Type.Object({ uid: Uid, epoch: Epoch, target: Uid }), { maxItems: 64 }),
  /** Who said that it has ended for good: its Pod was being deleted, and its redis-server is reaped. */
  ended: Type.Optional(Type.Array(Uid, { maxItems: 64 })),
  /** The term by which it holds its right; only of a primary. */
  term: Type.Optional(Term),
  /** Highest epoch it ever opened for writes: that door does not open again. */
  openedEpoch: Epoch,
  /** Accepts writes now, for openedEpoch. */
  writable: Type.Boolean(),
  /** The reign its data come from: its own, or that of the primary it was last in sync with. 0: none. */
  dataEpoch: Epoch,
  /** Its data come from another cluster: they count only while this one was never born. */
  foreign: Type.Boolean(),
  /** No data and no reign: dataEpoch 0 and no key. */
  empty: Type.Boolean(),
  /** Not in sync with a primary since redis-server last started (a primary is in sync with itself). */
  restarted: Type.Boolean(),
  /** What it holds, in bytes of the stream of dataEpoch. Inexact: a lower bound read from disk after a restart. */
  position: Type.Object({ offsetBytes: Count, exact: Type.Boolean() }),

  replid: Type.Optional(Type.String({ maxLength: 40 })),
  replid2: Type.Optional(Type.String({ maxLength: 40 })),
  secondReplOffset: Type.Optional(Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER })),
  follows: Type.Optional(
    Type.Object({
      host: Type.String({ maxLength: 255 }),
      port: Type.Integer({ minimum: 0, maximum: 65_535 }),
    }),
  ),
  syncInProgress: Type.Boolean(),

  redis: Type.Object({
    state: RedisState,
    version: Type.Optional(Type.String({ maxLength: 64 })),
    loading: Type.Boolean(),
    /** How long it has not answered, on the instance's monotonic clock; 0 when it answers. */
    silentSeconds: Type.Number({ minimum: 0 }),
    /** Why it is not running, as a sentence. */
    reason: Type.Optional(Type.String({ maxLength: 512 })),
  }),
  /** Stopped because a person asked for it by annotation. */
  fencedByUser: Type.Boolean(),
  /** Its redis-server has stopped, and starts again only if a later reign is promised: it may be removed. */
  retired: Type.Optional(Type.Literal(true)),
  /** SIGTERM was received: it is leaving. */
  terminating: Type.Boolean(),
  /** The lock on the data volume, held for life; and the Pod UIDs that held it before, newest last. */
  volume: Type.Object({ locked: Type.Boolean(), predecessors: Type.Array(Uid, { maxItems: 16 }) }),
  /** Hash of the redis.conf in force, and the directives that wait for a restart or were refused. */
  config: Type.Object({
    hash: Type.String({ maxLength: 64 }),
    needsRestart: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 64 }),
    refused: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 64 }),
  }),
  /** What was kept of data that a later primary may lack, or could not be; until a person takes it away. */
  salvage: Type.Optional(Salvage),
  /** The backup that runs here now. */
  backup: Type.Optional(RunningBackup),
  /** Of an instance whose cluster is born from a backup, until its redis-server serves. Done stays. */
  restore: Type.Optional(RestoreReport),
  eventLoopDelayMs: Type.Number({ minimum: 0 }),
})
export type InstanceStatus = Static<typeof InstanceStatus>

const Decimal = Type.String({ pattern: '^[0-9]{1,15}$' })

/** Query of POST /v1/fence: promise `epoch` → `target`. Numbers are decimal strings: nothing is coerced. */
export const FenceQuery = Type.Object(
  { cluster: Uid, pod: Uid, epoch: Decimal, target: Uid },
  { additionalProperties: false },
)
export type FenceQuery = Static<typeof FenceQuery>

/** Query of POST /v1/promote. All three are required inside a cluster, and refused outside one. */
export const PromoteQuery = Type.Object(
  { cluster: Type.Optional(Uid), pod: Type.Optional(Uid), epoch: Type.Optional(Decimal) },
  { additionalProperties: false },
)
export type PromoteQuery = Static<typeof PromoteQuery>

/** What a copy held when it was chosen: it is refused when it holds less by now. */
export const Chosen = Type.Object({
  dataEpoch: Epoch,
  offsetBytes: Count,
  restarted: Type.Boolean(),
})
export type Chosen = Static<typeof Chosen>

export const PromoteBody = Type.Object(
  { proofs: Type.Array(Proof, { maxItems: 128 }), chosen: Chosen },
  { additionalProperties: false },
)
export type PromoteBody = Static<typeof PromoteBody>

/** Query of POST /v1/handover: end the reign in favour of `target`, once it has every write. */
export const HandoverQuery = Type.Object(
  {
    cluster: Uid,
    pod: Uid,
    epoch: Decimal,
    target: Uid,
    targetIP: Type.String({ minLength: 2, maxLength: 45 }),
  },
  { additionalProperties: false },
)
export type HandoverQuery = Static<typeof HandoverQuery>

/** Query of POST /v1/retire: this Pod is to be removed, in the reign of `epoch`. */
export const RetireQuery = Type.Object(
  { cluster: Uid, pod: Uid, epoch: Decimal },
  { additionalProperties: false },
)
export type RetireQuery = Static<typeof RetireQuery>

/** Query of POST /v1/demote: follow primaryIP:port (as documented), of `epoch`, whose Pod UID is `primary`. */
export const DemoteQuery = Type.Object(
  {
    primaryIP: Type.String({ minLength: 2, maxLength: 45 }),
    port: Type.Optional(Decimal),
    cluster: Type.Optional(Uid),
    pod: Type.Optional(Uid),
    epoch: Type.Optional(Decimal),
    primary: Type.Optional(Uid),
  },
  { additionalProperties: false },
)
export type DemoteQuery = Static<typeof DemoteQuery>

/** Query of POST /v1/peer: all is in the body. */
export const PeerQuery = Type.Object({}, { additionalProperties: false })

/** Body of POST /v1/peer: the heartbeat of a primary, or of one that was fenced and says so. */
export const Heartbeat = Type.Object(
  {
    cluster: Uid,
    /** For whom it is meant. */
    pod: Uid,
    from: Uid,
    /** Of its reign; or what it has promised, and to whom. */
    epoch: Epoch,
    target: Uid,
    writable: Type.Boolean(),
    /** Counts what one life of an instance has sent: a late one tells nothing new. */
    beat: Count,
    /** By which it holds its right. */
    terms: Type.Array(Term, { maxItems: 2 }),
    /** It was its last: nothing of this Pod will run again. */
    ended: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false },
)
export type Heartbeat = Static<typeof Heartbeat>

/** Superseded: a higher epoch, or this one with another target, was promised; the primary promises it, and fences. */
export const HeartbeatAnswer = Type.Union([
  Type.Object({ kind: Type.Literal('granted') }),
  Type.Object({ kind: Type.Literal('superseded'), epoch: Epoch, target: Uid }),
])
export type HeartbeatAnswer = Static<typeof HeartbeatAnswer>

/** Every refusal an instance can answer: the last word of `type`, with its HTTP status and title. */
export const problems = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  unauthorized: { status: 401, title: 'A control token is required' },
  'not-found': { status: 404, title: 'No such endpoint' },
  'wrong-identity': { status: 409, title: 'The command is meant for another cluster or Pod' },
  'older-epoch': { status: 409, title: 'A higher epoch is already promised' },
  'conflicting-target': { status: 409, title: 'This epoch is promised to another target' },
  'spent-epoch': { status: 409, title: 'This instance was already writable for that epoch' },
  'not-target': { status: 409, title: 'The API does not name this instance for that epoch' },
  'missing-proof': { status: 409, title: 'A contender is not covered by a proof' },
  'claim-refused': { status: 409, title: 'The epoch could not be claimed' },
  'holds-less': { status: 409, title: 'The copy holds less than when it was chosen' },
  'not-caught-up': { status: 409, title: 'The successor lacks writes' },
  'stale-read': { status: 409, title: 'The API was read too long ago' },
  'no-such-backup': { status: 404, title: 'No such backup is known here' },
  'backup-busy': { status: 409, title: 'Another backup runs on this instance' },
  'backup-failed': { status: 500, title: 'The backup failed' },
  'not-ready': { status: 503, title: 'Redis cannot serve this now' },
  'redis-failed': { status: 500, title: 'Redis did not carry out the command' },
  'api-failed': { status: 500, title: 'The Kubernetes API could not be read' },
  internal: { status: 500, title: 'Internal error' },
} as const
export type ProblemCode = keyof typeof problems

export const problemType = (code: ProblemCode): string => `urn:redis-operator:problem:${code}`

/** RFC 9457 problem details. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.Optional(Type.String()),
})
export type Problem = Static<typeof Problem>
