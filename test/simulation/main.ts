// npm run sim [-- --schedules N] [--seed S] [--story] [--json]: random schedules, each from its seed. Exit code 1 when one failed.
import { parseArgs } from 'node:util'
import { randomSchedule, type Outcome } from './schedule.ts'

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    story: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'stop-at-first': { type: 'boolean', default: false },
  },
})

const first = Number(values.seed)
const asked = values.story ? 1 : Number(values.schedules)
const startedMs = performance.now()
const failed: Outcome[] = []
let acknowledged = 0
let count = 0
for (let seed = first; seed < first + asked; seed++) {
  const outcome = await randomSchedule(seed, values.story)
  count += 1
  acknowledged += outcome.acknowledged
  if (outcome.violations.length > 0) failed.push(outcome)
  if (values.story) process.stdout.write(`${outcome.story.join('\n')}\n`)
  if (values['stop-at-first'] && failed.length > 0) break
}
const seconds = (performance.now() - startedMs) / 1000
if (values.json) process.stdout.write(`${JSON.stringify({ first, count, seconds, acknowledged, failed })}\n`)
else tell()
if (failed.length > 0) process.exitCode = 1

function tell(): void {
  for (const { seed, instances, k, violations, faults } of failed.slice(0, 20))
    process.stdout.write(
      `seed ${seed} n=${instances} k=${k}: ${violations[0] ?? ''}  [${faults.join(' ')}]\n`,
    )
  process.stdout.write(
    `${count} schedules in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)}/s), ${acknowledged} writes acknowledged, ${failed.length} failed\n`,
  )
}
