// The connection Secret follows the password, gives way to nobody's Secret, and goes only on purpose.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { KubernetesObject, Secret } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

const named = (name: string): Partial<RedisClusterSpec> => ({ connectionSecret: { name } })

const secret = (name: string, data: Record<string, string>, labels: Record<string, string> = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: build.namespace, uid: `uid-${name}`, labels },
  type: 'Opaque',
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])),
})

/** Children without a connection Secret, but with this password. */
function childrenWith(password: string): readonly KubernetesObject[] {
  const made = build.observedChildren(build.request({ pods: [] })).filter(({ kind }) => kind !== 'Pod')
  return made.map((child) =>
    child.metadata.name === 'cache-auth' ? { ...child, ...secret('cache-auth', { password }) } : child,
  )
}

interface Given {
  readonly spec: Partial<RedisClusterSpec>
  readonly password?: string
  readonly more?: readonly KubernetesObject[]
  readonly related?: readonly KubernetesObject[]
  readonly status?: RedisClusterStatus
}

const planned = ({ spec, password = 'p', more = [], related = [], status }: Given): SyncPlan =>
  plan(
    build.request({
      spec,
      related,
      children: [...childrenWith(password), ...more],
      ...(status === undefined ? {} : { status }),
    }),
  )

function connection({ children }: SyncPlan, name = 'app'): Record<string, string> | undefined {
  const found = children.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === name)
  const data = (found as Secret | undefined)?.data
  return data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, atob(value)]))
}

const condition = ({ status }: SyncPlan, type: string): string => {
  const found = status.conditions?.find((each) => each.type === type)
  return `${found?.status ?? ''} ${found?.reason ?? ''}: ${found?.message ?? ''}`
}

/** As Metacontroller would show it. */
const madeBy = (before: SyncPlan, name: string): readonly KubernetesObject[] =>
  before.children.filter(({ kind, metadata }) => kind === 'Secret' && metadata.name === name)

describe('a connection Secret', () => {
  it('holds all that an application needs', () => {
    const leader = 'cache-leader.shop.svc'
    const replica = 'cache-replica.shop.svc'
    assert.deepEqual(connection(planned({ spec: named('app'), password: 'p' })), {
      ...{ cluster_name: 'cache', namespace: 'shop', mode: 'standalone', port: '6379' },
      ...{ username: 'default', password: 'p', host: leader, url: `redis://default:p@${leader}:6379` },
      ...{ leader_host: leader, leader_url: `redis://default:p@${leader}:6379` },
      ...{ replica_host: replica, replica_url: `redis://default:p@${replica}:6379` },
    })
  })

  it('is made once the password is observed, not before', () => {
    const { children } = plan(build.request({ spec: named('app'), pods: [], children: [] }))
    assert.equal(connection({ children } as SyncPlan), undefined)
    assert.ok(connection(plan(build.request({ spec: named('app'), pods: [], children }))))
  })

  it('takes the password of a Secret that the user named', () => {
    const spec = { ...named('app'), authSecret: { name: 'mine' } }
    const related = [secret('mine', { password: 'q\n' })]
    assert.equal(connection(planned({ spec, related }))?.['password'], 'q')
  })

  it('follows a password that is changed', () => {
    const more = madeBy(planned({ spec: named('app'), password: 'old' }), 'app')
    const now = connection(planned({ spec: named('app'), password: 'new', more }))
    assert.equal(now?.['password'], 'new')
    assert.match(now['replica_url'] ?? '', /:new@/)
  })

  it('has a url from which any password can be read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const password = String.fromCharCode(...bytes)
        const made = connection(planned({ spec: named('app'), password }))
        const read = made?.['password'] ?? ''
        if (password.trim() !== '') assert.ok(password.startsWith(read))
        const encoded = /^redis:\/\/default:([^@:/]*)@/.exec(made?.['url'] ?? '')?.[1] ?? ''
        assert.equal(
          encoded.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
          read,
        )
      }),
      { numRuns: 50 },
    )
  })
})

describe('a connection Secret of another name', () => {
  const more = madeBy(planned({ spec: named('app') }), 'app')

  it('replaces the old one, which goes once the new one is ours', () => {
    const first = planned({ spec: named('other'), password: 'new', more })
    assert.deepEqual(first.deletions, [])
    assert.equal(connection(first, 'app')?.['password'], 'new', 'still up to date')
    const second = planned({ spec: named('other'), more: [...more, ...madeBy(first, 'other')] })
    assert.deepEqual(second.deletions, [
      { kind: 'Secret', name: 'app', reason: 'spec.connectionSecret is now other' },
    ])
    assert.equal(connection(second, 'app'), undefined)
    assert.ok(connection(second, 'other'))
  })

  it('goes with the field', () => {
    assert.deepEqual(planned({ spec: {}, more }).deletions, [
      { kind: 'Secret', name: 'app', reason: 'spec.connectionSecret is gone' },
    ])
  })

  it('is all that goes: no other Secret is touched', () => {
    const names = planned({ spec: {}, more }).children.flatMap(({ kind, metadata }) =>
      kind === 'Secret' ? [metadata.name] : [],
    )
    assert.deepEqual(names.sort(), ['cache-auth', 'cache-control'])
  })
})

describe('a name that somebody else has', () => {
  it('becomes a condition that names the field, and nothing else breaks', () => {
    const first = planned({ spec: named('taken') })
    const conditions = first.status.conditions?.map((each) =>
      each.type === 'NameConflict' ? { ...each, lastTransitionTime: build.secondsAgo(60) } : each,
    )
    const { status } = first
    const later = planned({
      spec: named('taken'),
      status: conditions === undefined ? status : { ...status, conditions },
    })
    assert.match(
      condition(later, 'NameConflict'),
      /^True NameTaken: Secret taken cannot be created: .*set another name in spec\.connectionSecret$/,
    )
    assert.match(condition(later, 'SpecValid'), /^True/)
    assert.equal(later.children.filter(({ kind }) => kind === 'Pod').length, 3)
  })

  it('is refused when it is a Secret that the operator reads', () => {
    const related = [secret('mine', { password: 'p' })]
    for (const [name, spec] of [
      ['cache-auth', {}],
      ['cache-control', {}],
      ['mine', { authSecret: { name: 'mine' } }],
      ['keys', { backupCredentialsSecret: { name: 'keys' } }],
    ] as const) {
      const refused = planned({ spec: { ...spec, ...named(name) }, related })
      assert.match(
        condition(refused, 'SpecValid'),
        new RegExp(`^False NameTaken: connectionSecret ${name} is`),
      )
    }
  })
})
