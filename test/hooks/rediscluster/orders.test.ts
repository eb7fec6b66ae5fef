// What people order by annotation: how it is written, and that what cannot be read is told and not acted upon.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ordersCondition } from '../../../hooks/rediscluster/conditions.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import { ordersIn, type Orders } from '../../../hooks/rediscluster/orders.ts'
import { clusterName, now, request } from '../../support/builders.ts'

const none: Orders = {
  confirmedGone: [],
  acceptLoss: undefined,
  switchoverTo: undefined,
  fenced: [],
  restartedAt: undefined,
  hibernated: false,
  approved: false,
  malformed: [],
}

const orders = (given: Readonly<Record<string, string>>): Orders => ordersIn(clusterName, given)
const { acceptLoss, confirmGone, fenced, switchover } = annotations

describe('orders', () => {
  it('are none without annotations, and with annotations of others', () => {
    assert.deepEqual(ordersIn(clusterName), none)
    assert.deepEqual(orders({ 'example.org/switchover': 'cache-1' }), none)
  })

  it('confirm-gone lists UIDs, separated by commas, spaces or line ends', () => {
    assert.deepEqual(orders({ [confirmGone]: 'u1, u2\nu3,,u4 ' }), {
      ...none,
      confirmedGone: ['u1', 'u2', 'u3', 'u4'],
    })
    assert.deepEqual(orders({ [confirmGone]: '' }), none)
  })

  it('accept-loss names a copy and the epoch for which the loss is accepted', () => {
    assert.deepEqual(orders({ [acceptLoss]: ' u1/12\n' }), { ...none, acceptLoss: { uid: 'u1', epoch: 12 } })
  })

  it('switchover names a Pod of this cluster', () => {
    assert.deepEqual(orders({ [switchover]: ' cache-2 ' }), { ...none, switchoverTo: 'cache-2' })
  })

  it('fencedInstances is a JSON array of Pod names', () => {
    assert.deepEqual(orders({ [fenced]: '["cache-0", "cache-2"]' }), {
      ...none,
      fenced: ['cache-0', 'cache-2'],
    })
    assert.deepEqual(orders({ [fenced]: '[]' }), none)
    assert.deepEqual(orders({ [fenced]: ' ' }), none)
  })
})

describe('an order that cannot be read', () => {
  const many = Array.from({ length: 65 }, (_, index) => `u${index}`).join(',')
  const sentences: Readonly<Record<string, RegExp>> = {
    [acceptLoss]: /accept-loss is written as <pod uid>\/<primaryEpoch of the status>/,
    [switchover]: /switchover is the name of a Pod, for example cache-1/,
    [confirmGone]: /confirm-gone holds at most 64 UIDs of Pods, separated by commas/,
    [fenced]: /fencedInstances is a JSON array of Pod names, for example \["cache-0"\]/,
  }
  const malformed: readonly (readonly [string, string])[] = [
    [acceptLoss, ''],
    [acceptLoss, 'u1'],
    [acceptLoss, '/2'],
    [acceptLoss, 'u1/'],
    [acceptLoss, 'u1/-2'],
    [acceptLoss, 'u1/2.5'],
    [acceptLoss, 'u1/2/3'],
    [acceptLoss, 'u 1/2'],
    [acceptLoss, 'u1/1234567890123456'],
    [acceptLoss, `${'u'.repeat(65)}/2`],
    [switchover, ''],
    [switchover, 'cache'],
    [switchover, 'cache-01'],
    [switchover, 'other-1'],
    [switchover, 'cache-1,cache-2'],
    [fenced, 'cache-0'],
    [fenced, '"cache-0"'],
    [fenced, '[0]'],
    [fenced, '{"cache-0": true}'],
    [fenced, '["cache-0"'],
    [fenced, 'null'],
    [fenced, '["cache-0", 0]'],
    [fenced, '[["cache-0"]]'],
    [fenced, '['.repeat(200_000)],
    [fenced, '{"__proto__": ["cache-0"]}'],
    [confirmGone, many],
    [confirmGone, 'x '.repeat(100_000)],
    [switchover, 'c'.repeat(200_000)],
    [switchover, 'cache-99999'],
    [switchover, 'cache-1\u0000'],
    [acceptLoss, `u1/${'9'.repeat(200_000)}`],
  ]
  for (const [name, text] of malformed) {
    it(`is told, and not acted upon: ${name}=${JSON.stringify(text).slice(0, 30)}`, () => {
      const { malformed: told, ...rest } = orders({ [name]: text })
      assert.deepEqual({ ...rest, malformed: [] }, none)
      assert.equal(told.length, 1)
      assert.match(told[0] ?? '', sentences[name] ?? /never/)
    })
  }

  it('leaves the others in force', () => {
    const { switchoverTo, malformed: told } = orders({ [switchover]: 'cache-1', [fenced]: 'cache-0' })
    assert.deepEqual([switchoverTo, told.length], ['cache-1', 1])
  })

  it('shows in the condition AnnotationsValid, each with how it is written', () => {
    const given = { [switchover]: 'cache', [acceptLoss]: 'u1' }
    const condition = (marks: Readonly<Record<string, string>>): readonly string[] => {
      const { type, status, reason, message } = ordersCondition(
        gatherFacts(request({ annotations: marks }), {}, now),
      )
      return [type, status, reason, message]
    }
    assert.deepEqual(condition({ [switchover]: 'cache-1' }), [
      'AnnotationsValid',
      'True',
      'Valid',
      'every annotation can be read',
    ])
    const [, status, reason, message = ''] = condition(given)
    assert.deepEqual([status, reason], ['False', 'Malformed'])
    assert.match(message, /accept-loss is written as .*; redis.io\/switchover is the name of a Pod/)
  })
})
