// npm run sim [-- --schedules N] [--seed S] [--story] [--json] [--workers W]: random schedules, each from its seed. Exit code 1 when one failed.
import { parseArgs } from 'node:util'
import { campaign } from './campaign.ts'
import type { Outcome } from './schedule.ts'
import type { Tally } from './tally.ts'
import { storyOf } from './telling.ts'

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string' },
    story: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'stop-at-first': { type: 'boolean', default: false },
  },
})

const first = Number(values.seed)
if (values.story) await tellOne()
else await runAll()

async function tellOne(): Promise<void> {
  const { text, outcome } = await storyOf(first)
  process.stdout.write(`${text}\n`)
  if (outcome.violations.length > 0) process.exitCode = 1
}

async function runAll(): Promise<void> {
  const startedMs = performance.now()
  const tally = await campaign({
    first,
    count: Number(values.schedules),
    stopAtFirst: values['stop-at-first'],
    ...(values.workers === undefined ? {} : { workers: Number(values.workers) }),
  })
  const seconds = (performance.now() - startedMs) / 1000
  const [failing] = tally.failed
  const told = failing === undefined ? undefined : await storyOf(failing.seed)
  if (values.json) print(JSON.stringify({ first, seconds, ...tally, story: told?.outcome.story ?? [] }))
  else tell(tally, seconds, told?.text)
  if (failing !== undefined) process.exitCode = 1
}

function tell(
  { count, acknowledged, reached, failed }: Tally,
  seconds: number,
  story: string | undefined,
): void {
  for (const outcome of failed.slice(0, 20)) print(lineOf(outcome))
  if (story !== undefined) print(`\n${story}\n`)
  for (const [what, times] of Object.entries(reached)) print(`${String(times).padStart(8)}  ${what}`)
  const rate = `${count} schedules in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)}/s)`
  print(`${rate}, ${acknowledged} writes acknowledged, ${failed.length} failed`)
}

function lineOf({ seed, instances, k, violations, faults }: Outcome): string {
  return `seed ${seed} n=${instances} k=${k}: ${violations[0] ?? ''}  [${faults.join(' ')}]`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
