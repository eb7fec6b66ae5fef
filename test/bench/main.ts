// npm run bench [-- NAME] [--quick] [--megabytes N] [--json]: measures what the project aims at. No thresholds: it fails only when it cannot measure.
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { apply } from './apply.ts'
import { backup } from './backup.ts'
import { table, type Bench, type Figure } from './figure.ts'
import { memory } from './memory.ts'
import { rollout } from './rollout.ts'
import { start } from './start.ts'
import { sync } from './sync.ts'

// It has options, a table and an exit code of its own, and it never comes back.
if (process.argv[2] === 'failover') await import('./failover.ts')

const benches: readonly Bench[] = [memory, start, sync, apply, backup, rollout]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    megabytes: { type: 'string' },
  },
})
const chosen = positionals.length === 0 ? benches : benches.filter(({ name }) => positionals.includes(name))
if (chosen.length < positionals.length) {
  console.error(`benches: ${benches.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const megabytes = values.megabytes === undefined ? undefined : Number(values.megabytes)
if (megabytes !== undefined && !(megabytes > 0)) {
  console.error(`--megabytes ${values.megabytes ?? ''} is not a size`)
  process.exit(2)
}
const machine = {
  node: process.version,
  redis: execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' ')[2]?.slice(2) ?? '',
  cpus: availableParallelism(),
  cpu: cpus()[0]?.model ?? '',
  /** Before: what else the machine had to do. */
  load: loadavg().map((load) => Number(load.toFixed(1))),
}
const measured: Record<string, readonly Figure[]> = {}
if (!values.json)
  console.log(
    `Node ${machine.node}, Redis ${machine.redis}, ${machine.cpus} CPUs (${machine.cpu}), load ${machine.load.join(' ')}\n`,
  )
for (const { name, how, run } of chosen) {
  const figures = await run({ quick: values.quick, megabytes })
  measured[name] = figures
  if (!values.json) console.log(table(name, how, figures))
}
if (values.json) console.log(JSON.stringify({ ...machine, benches: measured }, undefined, 2))
process.exit(0)
