// Whoever is to replicate from the primary is told so, but no more than two that need everything at once.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

const ordinals = [0, 1, 2, 3, 4]
const term = build.term({ members: ordinals.map(build.uidOf) })
const alone = { masterLinkStatus: 'down', follows: { host: '127.0.0.1', port: 1 } } as const

function told(...replicas: readonly Partial<InstanceStatus>[]): readonly string[] {
  const reports = [
    build.primary(0, 1, { term }),
    ...replicas.map((status, index) => build.replica(index + 1, status)),
  ]
  const request = build.request({
    spec: { instances: 5 },
    status: build.reigning({ terms: [term] }),
    pods: ordinals.map((ordinal) => build.pod(ordinal)),
  })
  return plan(request, build.reports(...reports)).commands.map(({ kind, to }) => `${kind} ${to.name}`)
}

describe('replicas without a primary', () => {
  it('are all told at once when they only lost their link', () => {
    const names = ['Follow cache-1', 'Follow cache-2', 'Follow cache-3', 'Follow cache-4']
    assert.deepEqual(told(alone, alone, alone, alone), names)
  })

  it('are told two at a time when they need everything', () => {
    const restarted = { ...alone, restarted: true }
    assert.deepEqual(told(restarted, restarted, restarted, alone), [
      'Follow cache-1',
      'Follow cache-2',
      'Follow cache-4',
    ])
    assert.deepEqual(told({ syncInProgress: true, restarted: true }, restarted, restarted, alone), [
      'Follow cache-2',
      'Follow cache-4',
    ])
    const busy = { syncInProgress: true, restarted: true }
    assert.deepEqual(told(busy, busy, restarted, alone), ['Follow cache-4'])
  })
})
