// The shapes of Metacontroller's requests: what the core relies on. The API server has validated the rest, and unknown fields pass.
import { Type } from '@sinclair/typebox'
import { apiVersion, kind } from './rediscluster/names.ts'
import { objectNamePattern } from './rediscluster/schema.ts'
import { RedisClusterSpec } from './rediscluster/spec.ts'

const Name = Type.String({ minLength: 1, maxLength: 253 })
/** Becomes part of other names, of a file's too. */
const ParentName = Type.String({ minLength: 1, maxLength: 253, pattern: objectNamePattern })
const Uid = Type.String({ minLength: 1, maxLength: 64 })

const Parent = Type.Object({
  apiVersion: Type.Literal(apiVersion),
  kind: Type.Literal(kind),
  metadata: Type.Object({ name: ParentName, namespace: ParentName, uid: Uid }),
  spec: RedisClusterSpec,
  status: Type.Optional(Type.Object({})),
})

const Objects = Type.Record(
  Type.String(),
  Type.Record(
    Type.String(),
    Type.Object({ apiVersion: Type.String(), kind: Type.String(), metadata: Type.Object({ name: Name }) }),
  ),
)

export const SyncBody = Type.Object({ parent: Parent, children: Objects, related: Objects })
export const CustomizeBody = Type.Object({ parent: Parent })
