// Bad input that only a sync can see: a condition with the reason, nothing deleted, nothing half-built.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

const { primary, reigning, replica, reports, request } = build
const healthy = () => reports(primary(0), replica(1), replica(2))
const condition = (status: RedisClusterStatus, type: string): string => {
  const found = status.conditions?.find((each) => each.type === type)
  return `${found?.status ?? 'absent'} ${found?.reason ?? ''}`
}
const messageOf = (status: RedisClusterStatus, type: string): string =>
  status.conditions?.find((each) => each.type === type)?.message ?? ''

describe('bad input that only a sync can see', () => {
  it('a missing Secret: says how to make it, builds nothing, removes nothing', () => {
    const spec = { authSecret: { name: 'mine' } }
    const created = plan(request({ spec, pods: [], children: [] }))
    assert.deepEqual(created.children, [])
    assert.equal(condition(created.status, 'SpecValid'), 'False SecretMissing')
    assert.match(messageOf(created.status, 'SpecValid'), /kubectl create secret generic mine -n shop/)
    const running = request({ status: reigning() })
    const broken = { ...running, parent: { ...running.parent, spec: build.spec(spec) } }
    const all = Object.values(running.children).flatMap((byName) => Object.keys(byName))
    assert.equal(plan(broken, healthy()).children.length, all.length)
  })

  it('a Secret without the key password', () => {
    const related = [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine', namespace: 'shop' }, data: {} },
    ]
    const { status } = plan(
      request({ spec: { authSecret: { name: 'mine' } }, related, children: [], pods: [] }),
    )
    assert.equal(condition(status, 'SpecValid'), 'False SecretKeyMissing')
  })

  it('a Secret for users must have its key, though no user need be in it', () => {
    const withUsers = (data: object): string => {
      const related = [
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'users', namespace: 'shop' }, data },
      ]
      const spec = { aclConfigSecret: { name: 'users' } }
      return condition(plan(request({ spec, related, children: [], pods: [] })).status, 'SpecValid')
    }
    assert.deepEqual([{}, { acl: '' }, { acl: btoa('user a on') }].map(withUsers), [
      'False SecretKeyMissing',
      'True Valid',
      'True Valid',
    ])
  })

  it('a cluster named like its namespace gets no volume', () => {
    const { children, status } = plan(request({ name: 'shop', children: [], pods: [] }))
    assert.deepEqual(children, [])
    assert.equal(condition(status, 'SpecValid'), 'False NameTaken')
  })

  it('a directive that Redis itself refuses: Ready names the Pod and says it in its words', () => {
    const reason = "redis-server ended with code 1: >>> 'activedefrag perhaps' argument must be 'yes' or 'no'"
    const stopped = { state: 'stopped', loading: false, silentSeconds: 0, reason } as const
    const dead = replica(1, { redis: stopped })
    const pods = [build.pod(0), build.pod(1, { ready: false }), build.pod(2)]
    const partly = plan(request({ status: reigning(), pods }), reports(primary(0), dead, replica(2)))
    assert.equal(messageOf(partly.status, 'Ready'), `2 of 3 instances are ready; cache-1: ${reason}`)
    const newborns = [0, 1, 2].map((ordinal) => build.newborn(ordinal, { redis: stopped }))
    const unborn = plan(request(), reports(...newborns))
    assert.equal(condition(unborn.status, 'Ready'), 'False NoPrimaryAvailable')
    assert.ok(messageOf(unborn.status, 'Ready').endsWith(`; cache-2: ${reason}`))
  })

  it('a child that stays unobserved is a name that is taken', () => {
    const conditions = (seconds: number): RedisClusterStatus => ({
      conditions: [
        {
          type: 'NameConflict',
          status: 'Unknown',
          reason: 'Creating',
          message: '',
          lastTransitionTime: build.secondsAgo(seconds),
          observedGeneration: 1,
        },
      ],
    })
    const at = (seconds: number): string =>
      condition(plan(request({ children: [], pods: [], status: conditions(seconds) })).status, 'NameConflict')
    assert.equal(at(9), 'Unknown Creating')
    assert.equal(at(10), 'True NameTaken')
  })
})
