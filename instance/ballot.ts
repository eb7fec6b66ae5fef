// What both halves decide by: contenders, terms, promises and proofs. With api.ts and artifact.ts the only file that both import.
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** The promise in an annotation; epoch 0 for none. */
export function promiseFrom(annotation: string | undefined): { epoch: number; target: string } {
  const [, epoch, target] = /^([0-9]{1,15})\/(.{1,64})$/.exec(annotation ?? '') ?? []
  return { epoch: Number(epoch ?? 0), target: target ?? '' }
}

/** Without what would end a line, a path or an item of a list. */
export const Uid = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' })
/** What fits into the decimal of a query or an annotation, with room to count on. */
export const Epoch = Type.Integer({ minimum: 0, maximum: 999_999_999_999_999 })
/** Of bytes, or of parties: beyond it numbers are inexact. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** One party that may be writable for an epoch ≥ currentEpoch, as the status remembers it. */
export const Contender = Type.Object({
  uid: Uid,
  name: Type.String({ maxLength: 63 }),
  ip: Type.Optional(Type.String({ maxLength: 45 })),
  epoch: Epoch,
})
export type Contender = Static<typeof Contender>

/**
 * What the counts of a reign are made over. Counts must hold in every term that is in force: the one or two of the
 * status, and those on the Pod of whoever is counted out.
 */
export const Term = Type.Object({
  members: Type.Array(Uid, { minItems: 1, maxItems: 64 }),
  minSyncReplicas: Count,
  /** False: a primary never stops by itself, and is never counted out. */
  isolation: Type.Boolean(),
  apiServerTimeoutSeconds: Type.Number({ minimum: 0 }),
  peerTimeoutSeconds: Type.Number({ minimum: 0 }),
})
export type Term = Static<typeof Term>

const TermList = Type.Array(Term, { maxItems: 2 })

/** The terms in an annotation; undefined when it cannot be read: then nobody may be counted out by it. */
export function termsFrom(annotation: string | undefined): readonly Term[] | undefined {
  try {
    const terms: unknown = JSON.parse(annotation ?? '[]')
    return Value.Check(TermList, terms) ? terms : undefined
  } catch {
    return undefined
  }
}

/** The same text for the same term, whatever the order of its members. */
export function termKey({ members, ...rest }: Term): string {
  const { minSyncReplicas, isolation, apiServerTimeoutSeconds, peerTimeoutSeconds } = rest
  const numbers = [minSyncReplicas, Number(isolation), apiServerTimeoutSeconds, peerTimeoutSeconds]
  return [...[...members].sort(), ...numbers].join(' ')
}

/**
 * A Pod attaches to the primary once every term has it as a member: until then its acknowledgement would count for WAIT,
 * and could not be asked for.
 */
export const mayAttach = (terms: readonly Term[] | undefined, uid: string): boolean =>
  terms !== undefined && terms.length > 0 && terms.every(({ members }) => members.includes(uid))

/** How many other members must grant, so that no other primary can have been counted in: a majority with oneself. */
export const grantsNeeded = ({ members }: Term): number => Math.floor(members.length / 2)

/** How many other members must refuse to grant, so that the grants needed cannot come together. */
export const witnessesNeeded = (term: Term): number => term.members.length - grantsNeeded(term)

/** Between a right that lapses by one clock and its end by another: tick 0.25 s, then kill 0.8 s or watchdog 1.2 s. */
export const marginSeconds = 1.5
/** Two clocks may each be off by one hundredth, to either side. */
const driftShare = 0.02

/** After so long nothing that a timeout of this length kept alive is alive. */
export const outlives = (timeoutSeconds: number): number => timeoutSeconds * (1 + driftShare) + marginSeconds

/** The part of a RedisCluster's status that decides who may write. Hooks write it, instances read it live. */
export const Reign = Type.Object({
  currentPrimary: Type.Optional(Type.String({ maxLength: 63 })),
  currentPrimaryUID: Type.Optional(Uid),
  currentEpoch: Type.Optional(Epoch),
  targetPrimary: Type.Optional(Type.String({ maxLength: 63 })),
  targetPrimaryUID: Type.Optional(Uid),
  primaryEpoch: Type.Optional(Epoch),
  contenders: Type.Optional(Type.Array(Contender, { maxItems: 64 })),
  /** Why the target is to take over while the primary serves. Reading it raises no promise, and ends no right. */
  planned: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  /** One; or the old and the new one while it changes. */
  terms: Type.Optional(Type.Array(Term, { maxItems: 2 })),
  /** Members that only the old term has, and that have ended; nobody stands for them who has not heard of the new one. */
  gone: Type.Optional(Type.Array(Uid, { maxItems: 64 })),
})
export type Reign = Static<typeof Reign>

/** A claim: the annotation `redis.io/epoch` on a Pod, with the Pod's identity. */
export interface Claim {
  readonly uid: string
  readonly name: string
  readonly epoch: number
}

/**
 * Everybody who may be writable for an epoch ≥ currentEpoch, each with its highest epoch, sorted by UID.
 * A promotion needs a proof for each of them but the one that is promoted.
 */
export function contendersOf(reign: Reign, claims: readonly Claim[]): readonly Contender[] {
  const floor = reign.currentEpoch ?? 0
  const highest = new Map<string, Contender>()
  for (const contender of [...namedIn(reign), ...claims]) {
    const known = highest.get(contender.uid)
    if (contender.epoch < Math.max(floor, 1) || (known && known.epoch >= contender.epoch)) continue
    highest.set(contender.uid, { ...known, ...contender })
  }
  return [...highest.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1))
}

function namedIn(reign: Reign): readonly Contender[] {
  const { contenders = [] } = reign
  return [
    ...contenders,
    ...named(reign.currentPrimaryUID, reign.currentPrimary, reign.currentEpoch),
    ...named(reign.targetPrimaryUID, reign.targetPrimary, reign.primaryEpoch),
  ]
}

function named(uid?: string, name?: string, epoch?: number): readonly Contender[] {
  return uid === undefined || name === undefined || epoch === undefined ? [] : [{ uid, name, epoch }]
}

/**
 * Why one contender cannot accept writes any more.
 * Stopped: it promised the epoch and its redis-server is reaped. Demoted: it promised and refuses writes.
 * Gone: its Pod's UID is absent, and kubelet saw its containers end, or it said so itself, or a successor holds the lock on
 * its volume, or a person confirmed it.
 * Expired: its right has lapsed, for too few members grant it and the API names somebody else, both for long enough.
 */
export const Proof = Type.Object({
  uid: Uid,
  epoch: Epoch,
  kind: Type.Union([
    Type.Literal('Stopped'),
    Type.Literal('Demoted'),
    Type.Literal('Gone'),
    Type.Literal('Expired'),
  ]),
  /** Of Expired: keys of the terms in which it was counted. */
  terms: Type.Optional(Type.Array(Type.String({ maxLength: 8192 }), { maxItems: 8 })),
})
export type Proof = Static<typeof Proof>

/** A promise, and for how long the own Pod has shown it to whoever reads the API; by a monotonic clock. */
export const ShownPromise = Type.Object({ epoch: Epoch, target: Uid, seconds: Type.Number({ minimum: 0 }) })
export type ShownPromise = Static<typeof ShownPromise>

/**
 * For how long a read of the API by `contender` cannot have found it to be the target of `epoch`: since the own Pod has
 * shown a promise of a higher epoch to somebody else. Another promise on top does not restart it.
 */
export function shunnedSeconds(
  promises: readonly ShownPromise[],
  contender: { readonly uid: string; readonly epoch: number },
): number {
  const against = promises.filter(({ epoch, target }) => epoch > contender.epoch && target !== contender.uid)
  return Math.max(0, ...against.map(({ seconds }) => seconds))
}
