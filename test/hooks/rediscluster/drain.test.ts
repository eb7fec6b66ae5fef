// What a drain of a node meets: a budget that lets one instance go, or a sentence that says how it would.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import { request } from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

function drain(spec: Partial<RedisClusterSpec>): { readonly said: string; readonly minAvailable: unknown } {
  const { status, children } = plan(request({ spec, pods: [] }))
  const condition = status.conditions?.find(({ type }) => type === 'DrainBlocked')
  const budget = children.find(({ kind }) => kind === 'PodDisruptionBudget') as
    { spec: { minAvailable: number } } | undefined
  return {
    said: `${condition?.status ?? ''} ${condition?.reason ?? ''}: ${condition?.message ?? ''}`,
    minAvailable: budget?.spec.minAvailable,
  }
}

describe('a drain', () => {
  it('waits for the only instance, and the two ways out are named', () => {
    const { said, minAvailable } = drain({ instances: 1 })
    assert.equal(minAvailable, 1)
    assert.match(said, /^True SingleInstance: .*kubectl scale rediscluster cache -n shop --replicas=2/)
    assert.match(said, /enablePodDisruptionBudget: false/)
  })

  it('waits for the only Pod that holds the data itself, and losing them is no way out', () => {
    const storage = { type: 'emptyDir', size: '1Gi', reclaimPolicy: 'Retain' } as const
    const { said } = drain({ instances: 1, storage })
    assert.match(said, /--replicas=2$/)
    assert.doesNotMatch(said, /enablePodDisruptionBudget/)
  })

  it('takes one of several at a time', () => {
    assert.deepEqual(
      [2, 3, 5].map((instances) => drain({ instances }).minAvailable),
      [1, 2, 4],
    )
    assert.match(drain({ instances: 2 }).said, /^False OneAtATime/)
  })

  it('takes the only instance when there is no budget', () => {
    const { said, minAvailable } = drain({ instances: 1, enablePodDisruptionBudget: false })
    assert.equal(minAvailable, undefined)
    assert.match(said, /^False NoBudget/)
  })
})
