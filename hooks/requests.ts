// The shapes of Metacontroller's requests: what the core relies on. The API server has validated the rest, and unknown fields pass.
import { Type, type TSchema } from '@sinclair/typebox'
import { apiVersion, kind } from './rediscluster/names.ts'
import { objectNamePattern } from './rediscluster/schema.ts'
import { RedisClusterSpec } from './rediscluster/spec.ts'

const Name = Type.String({ minLength: 1, maxLength: 253 })
/** Becomes part of other names, of a file's too. */
const ParentName = Type.String({ minLength: 1, maxLength: 253, pattern: objectNamePattern })
const Uid = Type.String({ minLength: 1, maxLength: 64 })

const parentOf = <S extends TSchema>(parentKind: string, spec: S) =>
  Type.Object({
    apiVersion: Type.Literal(apiVersion),
    kind: Type.Literal(parentKind),
    metadata: Type.Object({ name: ParentName, namespace: ParentName, uid: Uid }),
    spec,
    status: Type.Optional(Type.Object({})),
  })

const Objects = Type.Record(
  Type.String(),
  Type.Record(
    Type.String(),
    Type.Object({ apiVersion: Type.String(), kind: Type.String(), metadata: Type.Object({ name: Name }) }),
  ),
)

interface Bodies {
  readonly syncBody: TSchema
  readonly customizeBody: TSchema
}

/** Of the hooks of one kind of ours. */
export function bodiesOf(parentKind: string, spec: TSchema): Bodies {
  const parent = parentOf(parentKind, spec)
  return {
    syncBody: Type.Object({ parent, children: Objects, related: Objects }),
    customizeBody: Type.Object({ parent }),
  }
}

export const { syncBody: SyncBody, customizeBody: CustomizeBody } = bodiesOf(kind, RedisClusterSpec)
