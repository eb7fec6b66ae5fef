// Durations of the spec as seconds, and the sums that timeouts must not exceed.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isolationOf, patienceOf } from '../../../hooks/rediscluster/timings.ts'
import { marginSeconds } from '../../../instance/ballot.ts'
import { feedEveryMs, silentSeconds } from '../../../instance/watchdog.ts'

describe('timings', () => {
  it('have defaults', () => {
    assert.deepEqual(patienceOf({}), { delaySeconds: 2, hungSeconds: 10, unreachableSeconds: 10 })
    assert.deepEqual(isolationOf({}), {
      isolation: true,
      apiServerTimeoutSeconds: 2.5,
      peerTimeoutSeconds: 5,
    })
  })

  it('are written in milliseconds or seconds, and each stands for itself', () => {
    const failover = { delay: '1500ms', hung: '30s', unreachable: '600000ms' }
    assert.deepEqual(patienceOf({ failover }), {
      delaySeconds: 1.5,
      hungSeconds: 30,
      unreachableSeconds: 600,
    })
  })

  it('of isolation go into the terms, also where isolation is off', () => {
    const primaryIsolation = { enabled: false, apiServerTimeout: '4s', peerTimeout: '2750ms' }
    assert.deepEqual(isolationOf({ primaryIsolation }), {
      isolation: false,
      apiServerTimeoutSeconds: 4,
      peerTimeoutSeconds: 2.75,
    })
  })
})

describe('the watchdog', () => {
  it('has killed the redis-server of a silent PID 1 before the margin of its right ends', () => {
    assert.ok(silentSeconds + feedEveryMs / 1000 < marginSeconds)
  })

  it('hears several signs of life before it calls PID 1 silent', () => {
    assert.ok(silentSeconds * 1000 >= 3 * feedEveryMs)
  })
})
