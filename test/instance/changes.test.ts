// What an instance wakes the hooks for.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changesSince, nothingSeen, type Glimpse } from '../../instance/changes.ts'
import type { Sight } from '../../instance/engine.ts'

const sight = (state: Sight['state'], loading: boolean): Sight =>
  ({ state, info: { role: 'slave', linkUp: false, loading }, writableEpoch: 0 }) as Sight

/** What is told at each of these looks. */
function told(sights: readonly Sight[]): readonly (readonly string[])[] {
  let before: Glimpse = nothingSeen
  return sights.map((each) => {
    const { glimpse, changes } = changesSince(before, each, false, false)
    before = glimpse
    return changes
  })
}

describe('the hooks are woken', () => {
  it('when redis-server answers, and again when it has loaded its data: only then can it be told what to do', () => {
    const sights = [true, true, false, false].map((loading) => sight('running', loading))
    assert.deepEqual(told(sights), [['redis-server answers'], [], ['redis-server has loaded its data'], []])
  })

  it('once when there was nothing to load', () => {
    assert.deepEqual(told([sight('running', false), sight('running', false)]), [['redis-server answers'], []])
  })

  it('not when it ends before it has loaded', () => {
    assert.deepEqual(told([sight('running', true), sight('stopped', false)]), [['redis-server answers'], []])
  })
})
