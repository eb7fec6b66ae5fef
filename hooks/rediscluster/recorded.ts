// The status of a RedisCluster: what the operator recorded, as schema and type.
import { Type, type Static } from '@sinclair/typebox'
import { Salvage } from '../../instance/api.ts'
import { Bootstrap } from '../../instance/artifact.ts'
import { Reign } from '../../instance/ballot.ts'
import { Condition, names, oneOf, text } from './schema.ts'

const InstanceState = Type.Object({
  uid: text(64),
  ip: Type.Optional(text(45)),
  role: oneOf(['primary', 'replica']),
  connected: Type.Boolean({ description: 'Its instance server answered the last poll.' }),
  ready: Type.Boolean(),
  state: Type.Optional(text(32, 'State of its redis-server.')),
  masterLinkStatus: Type.Optional(text(8)),
  epoch: Type.Optional(Type.Integer({ description: 'The reign its data come from.' })),
  replicationOffset: Type.Optional(
    Type.Integer({ format: 'int64', description: 'As of the last transition.' }),
  ),
  fenced: Type.Optional(Type.Boolean({ description: 'Its redis-server is kept stopped, by annotation.' })),
  salvage: Type.Optional(Salvage),
})
export type InstanceState = Static<typeof InstanceState>

const Failover = Type.Object({
  from: text(63),
  to: text(63),
  epoch: Type.Integer({ format: 'int64' }),
  reason: text(512, 'Why another primary was named.'),
  proofs: Type.Array(text(128), {
    maxItems: 64,
    description: 'Why nobody else could accept writes any more.',
  }),
  namedAt: Type.Optional(text(32)),
  installedAt: text(32),
})
export type Failover = Static<typeof Failover>

export const RedisClusterStatus = Type.Object({
  phase: Type.Optional(
    oneOf(['Creating', 'Healthy', 'Degraded', 'FailingOver', 'Updating', 'WaitingForUser', 'Hibernating'], {
      description: 'The state in one word.',
    }),
  ),
  phaseReason: Type.Optional(text(1024, 'The state in one sentence.')),
  observedGeneration: Type.Optional(Type.Integer({ format: 'int64' })),
  instances: Type.Optional(Type.Integer({ description: 'Number of instances that exist.' })),
  readyInstances: Type.Optional(Type.Integer()),
  selector: Type.Optional(text(512, 'Label selector of the instances, for kubectl scale.')),
  image: Type.Optional(text(512, 'Default image as resolved when the cluster was created.')),
  ...Reign.properties,
  namedAt: Type.Optional(text(32, 'When the target was named.')),
  trouble: Type.Optional(
    Type.Object(
      { uid: text(64), kind: text(32), since: text(32) },
      { description: 'Since when the primary, or the target, has not been as it should be.' },
    ),
  ),
  naming: Type.Optional(
    Type.Object(
      { reason: text(512), proofs: Type.Optional(Type.Array(text(128), { maxItems: 64 })) },
      { description: 'Of the move that is going on.' },
    ),
  ),
  lastFailover: Type.Optional(Failover),
  failovers: Type.Optional(
    Type.Array(Failover, { maxItems: 10, description: 'The last moves of the primary, the newest first.' }),
  ),
  switchover: Type.Optional(text(63, 'The last switchover that was asked for and begun.')),
  switchoverEnd: Type.Optional(
    Type.Object(
      { reason: oneOf(['Done', 'GivenUp', 'Overtaken']), message: text(512) },
      { description: 'What became of that switchover.' },
    ),
  ),
  hibernation: Type.Optional(
    Type.Object(
      {
        primary: text(63),
        epoch: Type.Integer({ format: 'int64' }),
        instances: Type.Integer({ description: 'How many ran: all of them are started again first.' }),
        offsetBytes: Type.Optional(Type.Integer({ format: 'int64' })),
      },
      { description: 'Who was primary when the instances were stopped, and how far its data go.' },
    ),
  ),
  approvalUsed: Type.Optional(
    Type.Boolean({ description: 'The approval of an update by annotation was used; it counts no more.' }),
  ),
  ended: Type.Optional(
    names('UIDs of contenders and members that have ended, as kubelet or they themselves said.'),
  ),
  instancesStatus: Type.Optional(
    Type.Record(Type.String(), InstanceState, {
      maxProperties: 64,
      description: 'What each instance reported, by Pod name.',
    }),
  ),
  bootstrap: Type.Optional(Bootstrap),
  healthyPVC: Type.Optional(names('Volumes in use by an instance.')),
  resizingPVC: Type.Optional(names('Volumes that are smaller than what was requested, as yet.')),
  unusablePVC: Type.Optional(names('Volumes that are lost or being deleted.')),
  danglingPVC: Type.Optional(names('Volumes of this cluster that no instance uses.')),
  secretsResourceVersion: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: 64 }), {
      maxProperties: 16,
      description: 'Version of each Secret that the instances use, and of those that tell how to connect.',
    }),
  ),
  conditions: Type.Optional(
    Type.Array(Condition, {
      maxItems: 32,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
  ),
})
export type RedisClusterStatus = Static<typeof RedisClusterStatus>
