// Random schedules from fixed seeds: a failing one prints its story, and the same seed tells the same story.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSchedule } from './schedule.ts'

const firstSeed = 1
const schedules = 300

test('no random schedule breaks what is promised', async () => {
  let acknowledged = 0
  for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
    const outcome = await randomSchedule(seed)
    acknowledged += outcome.acknowledged
    if (outcome.violations.length > 0) assert.fail(await storyOf(seed))
  }
  assert.ok(acknowledged > 10 * schedules, 'hardly anything was acknowledged: the schedules prove little')
})

test('the same seed tells the same story', async () => {
  for (const seed of [3, 17, 42]) {
    const first = await randomSchedule(seed, true)
    const second = await randomSchedule(seed, true)
    assert.ok(first.story.length > 20)
    assert.deepEqual(second, first)
  }
})

async function storyOf(seed: number): Promise<string> {
  const { instances, k, faults, violations, story } = await randomSchedule(seed, true)
  const head = `seed ${seed}, ${instances} instances, k ${k}, ${faults.join(' ')}: ${violations.join('; ')}`
  return `${head}\n${story.join('\n')}`
}
