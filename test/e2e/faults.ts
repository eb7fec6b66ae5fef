// The faults of the campaign, each once, as scenarios: no two writers, no lost write that WAIT acknowledged, and it heals.
import assert from 'node:assert/strict'
import { faults, type Fault } from '../bench/failover/faults.ts'
import { measure } from '../bench/failover/measure.ts'
import type { Network } from '../bench/failover/network.ts'
import { openOperator } from '../bench/failover/operator.ts'
import type { Outcome } from '../bench/failover/outcome.ts'
import { broken } from '../bench/failover/report.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'

/** Those that cut cables need a network whose cables can be cut. */
export function faultScenarios(network: Network | undefined): readonly Scenario[] {
  return faults
    .filter(({ needsNetwork }) => network !== undefined || needsNetwork !== true)
    .map((fault, index) => ({
      name: `fault: ${fault.name}`,
      run: (stage) => survives(stage, fault, `fault-${index}`, network),
    }))
}

/** On a cluster of its own, of that name. */
export async function survives(
  stage: Stage,
  fault: Fault,
  name: string,
  network: Network | undefined,
): Promise<string> {
  const system = await openOperator(stage, name, network)
  const outcome = await measure(system, fault, false)
  const row = { fault: fault.name, system: system.name, frozen: fault.frozen === true, outcomes: [outcome] }
  assert.deepEqual(broken([row]), [], outcome.evidence)
  await system.remove()
  return told(outcome)
}

function told({ gapMs, acknowledged, lost, dualMs }: Outcome): string {
  const dual = dualMs === 0 ? 'never two writers' : `two writers for ${dualMs.toFixed(1)} ms`
  const waited = `${acknowledged.waited} writes acknowledged by WAIT, ${lost.waited} lost`
  return `at most ${(gapMs / 1000).toFixed(1)} s without a write; ${waited} (${lost.plain} of ${acknowledged.plain} without WAIT); ${dual}`
}
