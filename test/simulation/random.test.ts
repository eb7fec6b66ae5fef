// Random schedules from fixed seeds: a failing one prints its story; together they meet what the decision can meet; and the same seed tells the same story.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { campaign } from './campaign.ts'
import { changes } from './changes.ts'
import { faults } from './faults.ts'
import { rollouts, rolloutWord, situations, situationWord } from './reached.ts'
import { regressions } from './regressions.ts'
import { randomSchedule } from './schedule.ts'
import { total } from './tally.ts'
import { storyOf } from './telling.ts'

const firstSeed = 1
const schedules = 1000
const campaigned = once(() => campaign({ first: firstSeed, count: schedules }))

test('no random schedule breaks what is promised', async () => {
  const { failed, acknowledged } = await campaigned()
  const [first] = failed
  if (first !== undefined) assert.fail((await storyOf(first.seed)).text)
  assert.ok(acknowledged > 10 * schedules, 'hardly anything was acknowledged: the schedules prove little')
})

test('random schedules meet every situation of the decision, every fault, every kind of proof', async () => {
  const wanted = [
    ...situations.map(situationWord),
    ...Object.keys({ ...faults, ...changes }).map((name) => `fault ${name}`),
    ...['Stopped', 'Demoted', 'Gone', 'Expired'].map((kind) => `proof ${kind}`),
    'command Handover',
    'command Retire',
    ...['Switchover', 'Leaving', 'Rollout', 'ScaleDown'].map((reason) => `planned ${reason}`),
    ...rollouts.map(rolloutWord),
    'instance: retired',
    'instance: called back',
    'Pod omitted',
    'status with two terms',
    'status with members that are gone',
    'instance: the right has lapsed',
    'redis-server killed by the watchdog',
    'more than k copies lost at once',
  ]
  let met = await campaigned()
  const missing = (): readonly string[] => wanted.filter((what) => met.reached[what] === undefined)
  // What is rare gets some more schedules.
  for (let part = 1; part <= 4 && missing().length > 0; part++)
    met = total([met, await campaign({ first: firstSeed + part * schedules, count: schedules })])
  assert.deepEqual(missing(), [])
})

for (const { seed, reason } of regressions)
  test(`seed ${seed}: ${reason}`, async () => {
    const { outcome, text } = await storyOf(seed)
    assert.ok(outcome.violations.length === 0, text)
  })

test('the same seed tells the same story', async () => {
  for (const seed of [3, 17, 42]) {
    const first = await randomSchedule(seed, true)
    const second = await randomSchedule(seed, true)
    assert.ok(first.story.length > 20)
    assert.deepEqual(second, first)
  }
})

test('any number of threads sums up to the same', async () => {
  const range = { first: 100, count: 45 }
  assert.deepEqual(await campaign({ ...range, workers: 3 }), await campaign({ ...range, workers: 1 }))
})

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
