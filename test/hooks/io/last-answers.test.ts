// A status that our last answer has replaced is not believed for a moment; any other is.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lastAnswers } from '../../../hooks/io/last-answers.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import { reigning, request, succession } from '../../support/builders.ts'

const seen = (status: RedisClusterStatus): ReturnType<typeof request> => request({ status })
const shown = (status: RedisClusterStatus | undefined): number | undefined => status?.primaryEpoch

describe('lastAnswers', () => {
  it('shows the last answer in place of the status that it replaced', () => {
    const answers = lastAnswers()
    answers.answered(seen(reigning()), succession(1), 0)
    assert.equal(shown(answers.refreshed(seen(reigning()), 500).parent.status), 2)
  })

  it('believes a status that stays as it was', () => {
    const answers = lastAnswers()
    answers.answered(seen(reigning()), succession(1), 0)
    assert.equal(shown(answers.refreshed(seen(reigning()), 1001).parent.status), 1)
  })

  it('believes a status that somebody else wrote', () => {
    const answers = lastAnswers()
    answers.answered(seen(reigning()), succession(1), 0)
    assert.equal(shown(answers.refreshed(seen(succession(2, { primaryEpoch: 9 })), 1).parent.status), 9)
  })

  it('an answer that repeats the status replaces nothing', () => {
    const answers = lastAnswers()
    answers.answered(seen(reigning()), reigning(), 0)
    const same = seen(reigning())
    assert.equal(answers.refreshed(same, 1), same)
  })
})
