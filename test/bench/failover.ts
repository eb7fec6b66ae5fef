// npm run bench -- failover [--quick] [--runs N] [--only FAULT] [--system NAME] [--logs] [--json]: faults under load, measured by clients, beside Redis Sentinel.
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { campaign, type CampaignOptions } from './failover/campaign.ts'
import { enterNamespace } from './failover/network.ts'
import { broken, skipped, summarize, table } from './failover/report.ts'

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string', default: '' },
    system: { type: 'string', default: '' },
    logs: { type: 'boolean', default: false },
  },
})
const network = await enterNamespace(import.meta.filename, process.argv.slice(2))
const runs = Number(values.runs ?? (values.quick ? 1 : 5))
if (!Number.isInteger(runs) || runs < 1)
  throw new Error(`--runs ${values.runs ?? ''} is not a number of runs`)
const options: CampaignOptions = {
  network,
  quick: values.quick,
  runs,
  only: values.only,
  system: values.system,
  keepLogs: values.logs,
  tell: console.error,
}
process.setMaxListeners(50)
process.on('SIGTERM', () => process.emit('SIGINT'))
const startedMs = performance.now()
const { rows, leftOut } = await campaign(options)
const machine = {
  command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
  node: process.version,
  redis: execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' ')[2]?.slice(2) ?? '',
  cpus: availableParallelism(),
  cpu: cpus()[0]?.model ?? '',
  load: loadavg().map((load) => Number(load.toFixed(1))),
  seconds: Math.round((performance.now() - startedMs) / 1000),
}
const failures = broken(rows)
if (values.json) {
  const figures = rows.map((row) => ({ ...row, ...summarize(row.outcomes) }))
  console.log(
    JSON.stringify(
      { ...machine, runs, rows: figures, leftOut: leftOut.map(({ name }) => name), broken: failures },
      undefined,
      2,
    ),
  )
} else {
  const { node, redis, cpus: count, cpu, load, seconds } = machine
  console.log(`${machine.command}
Node ${node}, Redis ${redis}, ${count} CPUs (${cpu}), load ${load.join(' ')}, ${seconds} s; ${runs} runs of each fault

${table(rows)}

first: seconds from the fault to the first acknowledgement of a write sent after it. gap: longest time without one.
With few runs p99 is the slowest. lost: acknowledged writes that are missing in the end, of a client that follows the
primary (lost), of one whose WAIT 1 answered 1 or more (WAIT), of one that sticks to the old primary (sticky).
dual: for how long two instances carried out writes. * a whole container stood still and woke up.`)
  if (leftOut.length > 0) console.log(skipped(leftOut))
}
for (const failure of failures) console.error(`BROKEN  ${failure}`)
process.exit(failures.length === 0 ? 0 : 1)
