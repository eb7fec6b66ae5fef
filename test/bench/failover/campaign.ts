// The campaign: every fault, as often as asked, on this operator's cluster and beside it on Redis Sentinel's.
import type { Stage } from '../../e2e/stage.ts'
import { onStage } from '../on-stage.ts'
import { faults, type Fault } from './faults.ts'
import { measure } from './measure.ts'
import { podAddressBase, type Network } from './network.ts'
import { openOperator, tuned, type OperatorSystem } from './operator.ts'
import type { Outcome } from './outcome.ts'
import type { Row } from './report.ts'
import { openSentinel } from './sentinel.ts'

export interface CampaignOptions {
  readonly network: Network | undefined
  readonly quick: boolean
  readonly runs: number
  /** Part of a fault's name. */
  readonly only: string
  /** Part of a system's name. */
  readonly system: string
  /** Of every fault, not only where a promise was broken. */
  readonly keepLogs: boolean
  readonly tell: (line: string) => void
}

export async function campaign(
  options: CampaignOptions,
): Promise<{ readonly rows: readonly Row[]; readonly leftOut: readonly Fault[] }> {
  const { network, quick, only } = options
  const wanted = faults.filter((fault) => fault.name.includes(only) && (!quick || fault.quick !== undefined))
  const possible = wanted.filter(({ needsNetwork }) => network !== undefined || needsNetwork !== true)
  const place = network === undefined ? {} : { parts: { network }, addressBase: podAddressBase }
  const all = await onStage((stage) => onBoth(stage, possible, options), place)
  // Fault by fault, one system below the other.
  const rows = possible.flatMap(({ name }) => all.filter(({ fault }) => fault === name))
  return { rows, leftOut: wanted.filter((fault) => !possible.includes(fault)) }
}

/** One after the other; the short campaign has no time for that. */
async function onBoth(
  stage: Stage,
  chosen: readonly Fault[],
  options: CampaignOptions,
): Promise<readonly Row[]> {
  const isWanted = (system: string): boolean => system.toLowerCase().includes(options.system)
  const ours = async (): Promise<readonly Row[]> =>
    isWanted('operator')
      ? [
          ...(await onOperator(stage, chosen, options)),
          ...(await onOperator(
            stage,
            options.quick ? [] : chosen.filter((fault) => fault.tuned),
            options,
            tuned,
          )),
        ]
      : []
  const theirs = async (): Promise<readonly Row[]> => {
    const rows: Row[] = []
    for (const downAfterMs of (options.quick ? [1000] : [1000, 5000]).filter(() => isWanted('sentinel')))
      rows.push(...(await onSentinel(chosen, options, downAfterMs)))
    return rows
  }
  return options.quick
    ? (await Promise.all([ours(), theirs()])).flat()
    : [...(await ours()), ...(await theirs())]
}

/** One cluster for all of them, as long as it heals. */
async function onOperator(
  stage: Stage,
  chosen: readonly Fault[],
  { network, runs, keepLogs, tell }: CampaignOptions,
  timings?: typeof tuned,
): Promise<readonly Row[]> {
  let count = 0
  const name = timings === undefined ? 'operator' : 'operator, tuned'
  let system: OperatorSystem | undefined
  const rows: Row[] = []
  for (const fault of chosen) {
    const outcomes: Outcome[] = []
    for (let run = 0; run < runs; run++) {
      system ??= await openOperator(stage, `${timings === undefined ? 'c' : 't'}${count++}`, network, timings)
      const outcome = await measure(system, fault, keepLogs)
      outcomes.push(outcome)
      tell(lineFor(name, fault, outcome))
      if (outcome.problem === undefined) continue
      // It must not take the machine from the next one.
      await system.remove().catch(() => undefined)
      system = undefined
    }
    rows.push({ fault: fault.name, system: name, frozen: fault.frozen === true, outcomes })
  }
  await system?.remove()
  return rows
}

async function onSentinel(
  chosen: readonly Fault[],
  options: CampaignOptions,
  downAfterMs: number,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const fault of chosen.filter(
    (each) => each.on === 'both' && (!options.quick || each.quick === 'both'),
  )) {
    const outcomes: Outcome[] = []
    for (let run = 0; run < options.runs; run++) {
      const system = await openSentinel(downAfterMs, options.network)
      const outcome = await measure(system, fault, options.keepLogs).finally(() => system.close())
      outcomes.push(outcome)
      options.tell(lineFor(system.name, fault, outcome))
    }
    const system = `Sentinel ${downAfterMs / 1000} s`
    rows.push({ fault: fault.name, system, frozen: fault.frozen === true, outcomes })
  }
  return rows
}

function lineFor(system: string, { name }: Fault, outcome: Outcome): string {
  const { firstMs, gapMs, lost, dualMs, problem, evidence } = outcome
  const losses = `lost ${lost.plain} plain, ${lost.waited} waited, ${lost.sticky} sticky`
  const figures = `first ${Math.round(firstMs)} ms, gap ${Math.round(gapMs)} ms, ${losses}, dual ${dualMs.toFixed(1)} ms`
  const trouble = problem === undefined ? '' : `  PROBLEM ${problem}`
  return `${system}  ${name}: ${figures}${trouble}${evidence === undefined ? '' : `  logs: ${evidence}`}`
}
