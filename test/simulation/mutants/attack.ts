// Attacks a planted mutant, the cheapest way first: a named unit test, the compiler, random schedules, directed families.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mutant, NamedTest } from './mutant.ts'
import { outcomes } from './tap.ts'
import type { Workbench } from './workbench.ts'

export interface Arms {
  readonly schedules: number
  readonly seed: number
  /** What is not well-typed without any mutant says nothing about one. */
  readonly compiles: boolean
  /** Titles that pass without any mutant, by family file. */
  readonly families: () => Promise<ReadonlyMap<string, ReadonlySet<string>>>
  /** Every way is tried, and not only until the first one kills. */
  readonly all: boolean
}

/** By whom the planted mutant is killed; none when it survives. */
export async function attack(bench: Workbench, mutant: Mutant, arms: Arms): Promise<readonly string[]> {
  const { killedBy } = mutant
  const ways = [
    ...(killedBy === undefined ? [] : [() => byUnitTest(bench, killedBy)]),
    ...(arms.compiles ? [() => byCompiler(bench)] : []),
    () => bySchedules(bench, arms),
    () => byFamilies(bench, arms),
  ]
  const killers: string[] = []
  for (const way of ways) {
    const killer = await way()
    if (killer !== undefined) killers.push(killer)
    // Code that is not even well-typed proves nothing about schedules.
    if (killer === compiler || (killer !== undefined && !arms.all)) break
  }
  return killers
}

/** Whether the test is there and passes, as it must without a mutant. Each file runs once. */
export function baseline(pristine: Workbench): (named: NamedTest) => Promise<boolean> {
  const ran = new Map<string, Promise<ReadonlyMap<string, boolean>>>()
  return async ({ test, title }) => {
    const outcome = ran.get(test) ?? runTest(pristine, test)
    ran.set(test, outcome)
    return (await outcome).get(title) === true
  }
}

/** What passes without a mutant: whatever fails already kills nobody. */
export async function passingFamilies(
  pristine: Workbench,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const folder = 'test/simulation/families'
  const names = await readdir(join(pristine.root, folder)).catch(() => [])
  const passing = new Map<string, ReadonlySet<string>>()
  for (const name of names.filter((each) => each.endsWith('.test.ts')).sort()) {
    const file = `${folder}/${name}`
    const titles = [...(await runTest(pristine, file))].flatMap(([title, passed]) => (passed ? [title] : []))
    passing.set(file, new Set(titles))
  }
  return passing
}

const compiler = 'compiler'

export const compiles = async (bench: Workbench): Promise<boolean> => (await byCompiler(bench)) === undefined

async function byUnitTest(bench: Workbench, { test, title }: NamedTest): Promise<string | undefined> {
  return (await runTest(bench, test, title)).get(title) === true ? undefined : `${test}: ${title}`
}

async function byCompiler(bench: Workbench): Promise<string | undefined> {
  const loose = ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false']
  const quick = ['--incremental', '--tsBuildInfoFile', join(bench.root, 'tsbuildinfo')]
  const { code } = await bench.run(['node_modules/typescript/bin/tsc', '--noEmit', ...loose, ...quick])
  return code === 0 ? undefined : compiler
}

async function bySchedules(bench: Workbench, { schedules, seed }: Arms): Promise<string | undefined> {
  const range = ['--schedules', String(schedules), '--seed', String(seed)]
  const { code, output } = await bench.run([
    'test/simulation/main.ts',
    ...range,
    '--stop-at-first',
    '--workers',
    '1',
  ])
  if (code === 0) return undefined
  const [, failing, what] = /^seed (\d+) n=\d+ k=\d+: (.*?) {2}\[/m.exec(output) ?? []
  // A simulator that does not even run notices nothing.
  if (failing === undefined) throw new Error(`the simulator crashed: ${output.slice(-200)}`)
  return `seed ${failing}: ${what ?? ''}`
}

async function byFamilies(bench: Workbench, arms: Arms): Promise<string | undefined> {
  for (const [file, passing] of await arms.families()) {
    const passed = await runTest(bench, file)
    const broken = [...passing].find((title) => passed.get(title) !== true)
    if (broken !== undefined) return `${file}: ${broken}`
  }
  return undefined
}

async function runTest(
  bench: Workbench,
  file: string,
  title?: string,
): Promise<ReadonlyMap<string, boolean>> {
  const pattern =
    title === undefined ? [] : [`--test-name-pattern=${title.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}`]
  const { output } = await bench.run(['--test', '--test-reporter=tap', ...pattern, file])
  return outcomes(output)
}
