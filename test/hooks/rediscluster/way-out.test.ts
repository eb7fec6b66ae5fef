// What a person reads of a failover that is stuck: who is missing, and the exact command for what will not come back.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { Request } from '../../../hooks/rediscluster/observed.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import { stuckSeconds } from '../../../hooks/rediscluster/timings.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { look, plan } from '../../support/look.ts'

const { fenced, pod, reigning, reports, request, secondsAgo, succession, uidOf } = build

const overdue = (status: RedisClusterStatus = {}): RedisClusterStatus =>
  succession(1, { namedAt: secondsAgo(stuckSeconds), ...status })

function available(observed: Request, ...statuses: readonly InstanceStatus[]): string {
  const { conditions = [] } = plan(observed, reports(...statuses)).status
  const { status, reason, message } = conditions.find(({ type }) => type === 'PrimaryAvailable') ?? {}
  return `${status ?? ''} ${reason ?? ''}: ${message ?? ''}`
}

/** The command in a message as a shell would read it, with its one annotation. */
function annotationIn(message: string): readonly [string, string] {
  const [, name = '', value = ''] =
    /: kubectl annotate rediscluster -n shop cache --overwrite ([^\s=]+)=(\S+)$/.exec(message) ?? []
  return [name, value]
}

const whole = [fenced(1, 2, 1), fenced(2, 2, 1)]
const without0: readonly Pod[] = [pod(1), pod(2)]

describe('a failover that waits for promises and proofs', () => {
  it('names what is missing, and says no more until it is overdue', () => {
    const early = succession(1, { namedAt: secondsAgo(stuckSeconds - 0.1) })
    const said = available(request({ status: early, pods: without0 }), ...whole)
    assert.match(said, /^False Fencing: waiting for promises and proofs: cache-0 \(u0\)/)
    assert.doesNotMatch(said, /kubectl/)
  })

  it('is then Stuck, with the command that confirms the death of those whose Pods are gone', () => {
    const said = available(request({ status: overdue(), pods: without0 }), ...whole)
    assert.match(said, /^False Stuck: .*cache-0 \(u0\).*\. Nothing is promoted until they arrive: bring/)
    assert.match(said, /If you have seen that their machines are dead: kubectl/)
    assert.deepEqual(annotationIn(said), ['redis.io/confirm-gone', 'u0'])
  })

  it('lists every one of them in one command, and none that is proven or has a Pod', () => {
    const contenders = [
      { uid: 'u7', name: 'cache-7', epoch: 1 },
      { uid: 'u8', name: 'cache-8', epoch: 1 },
      { uid: uidOf(2), name: 'cache-2', epoch: 1 },
    ]
    const status = overdue({ contenders, ended: ['u8'] })
    const said = available(request({ status, pods: without0 }), fenced(1, 2, 1))
    assert.deepEqual(annotationIn(said), ['redis.io/confirm-gone', 'u0,u7'])
  })

  it('offers no such command while the Pod is there: deleting it comes first', () => {
    const said = available(request({ status: overdue() }), ...whole)
    assert.match(said, /^False Stuck: .*bring the named instances or their network back$/)
  })

  it('goes on once the command was carried out', () => {
    const observed = request({ status: overdue(), pods: without0 })
    const [name, value] = annotationIn(available(observed, ...whole))
    const ordered = request({ status: overdue(), pods: without0, annotations: { [name]: value } })
    const { situation, decision } = look(ordered, reports(...whole))
    assert.equal(situation.kind, 'HandingOver')
    assert.deepEqual(decision.kind === 'Promote' && decision.proofs, [
      { uid: uidOf(0), epoch: 1, kind: 'Gone' },
    ])
  })
})

describe('a failover without a copy that can be confirmed', () => {
  const restarted = { restarted: true }
  const left = [fenced(0, 2, 1, { ...restarted, openedEpoch: 1 }), fenced(1, 2, 1, restarted)]

  it('is Stuck, with the command that promotes the best copy that is left', () => {
    const said = available(request({ status: succession(1) }), ...left)
    assert.match(said, /^False Stuck: .*cache-2 cannot be asked\. Nothing is promoted: bring the missing/)
    assert.match(said, /To promote cache-0 all the same, and lose what only others hold: kubectl/)
    assert.deepEqual(annotationIn(said), ['redis.io/accept-loss', 'u0/2'])
  })

  it('goes on once the command was carried out', () => {
    const [name, value] = annotationIn(available(request({ status: succession(1) }), ...left))
    const ordered = request({ status: succession(1), annotations: { [name]: value } })
    const { decision } = look(ordered, reports(...left))
    assert.equal(decision.kind === 'Name' && decision.successor.name, 'cache-0')
  })

  it('offers nothing to promote when no copy can serve', () => {
    const redis = { state: 'stopped', loading: false, silentSeconds: 0 } as const
    const status = reigning({ trouble: { uid: uidOf(0), kind: 'Blinking', since: secondsAgo(60) } })
    const said = available(request({ status, pods: without0 }), fenced(1, 1, 0, { redis }))
    assert.match(said, /^False Stuck: .*for they may hold newer data$/)
  })
})
