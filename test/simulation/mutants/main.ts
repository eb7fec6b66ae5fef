// npm run sim:mutants: takes one rule after the other out of the shipped code; exit code 1 when nobody notices one.
import { parseArgs } from 'node:util'
import { attack, baseline, compiles, passingFamilies, type Arms } from './attack.ts'
import { mutants } from './all.ts'
import type { Mutant } from './mutant.ts'
import { workbench, type Workbench } from './workbench.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    schedules: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    all: { type: 'boolean', default: false },
  },
})

interface Row {
  readonly mutant: Mutant
  /** Empty when it survives. */
  readonly killers: readonly string[]
  readonly seconds: number
}

const chosen = mutants.filter(({ name }) => values.only.length === 0 || values.only.includes(name))
const pristine = await workbench(process.cwd())
const passes = baseline(pristine)
let families: ReturnType<typeof passingFamilies> | undefined
const arms: Arms = {
  schedules: Number(values.schedules),
  seed: Number(values.seed),
  compiles: await compiles(pristine),
  families: () => (families ??= passingFamilies(pristine)),
  all: values.all,
}

if (!arms.compiles)
  process.stdout.write('the shipped code is not well-typed: no mutant is killed by the compiler\n')
const waiting = [...chosen]
const rows: Row[] = []
await Promise.all(Array.from({ length: Number(values.jobs) }, () => workOff()))
await pristine.remove()
const survivors = rows.filter(({ killers }) => killers.length === 0)
process.stdout.write(
  `${rows.length} mutants, ${survivors.length} survived: ${survivors.map(({ mutant }) => mutant.name).join(', ')}\n`,
)
if (survivors.length > 0 || rows.length === 0) process.exitCode = 1

async function workOff(): Promise<void> {
  const bench = await workbench(pristine.root)
  try {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const startedMs = performance.now()
      const killers = await attackOne(bench, mutant)
      const row = { mutant, killers, seconds: (performance.now() - startedMs) / 1000 }
      rows.push(row)
      print(row)
    }
  } finally {
    await bench.remove()
  }
}

/** A mutant that does not apply any more, or whose test does not pass without it, counts as a survivor. */
async function attackOne(bench: Workbench, mutant: Mutant): Promise<readonly string[]> {
  const { killedBy, name } = mutant
  if (killedBy !== undefined && !(await passes(killedBy))) {
    process.stdout.write(`${name}: without any mutant there is no passing test “${killedBy.title}”\n`)
    return []
  }
  try {
    const takeOut = await bench.plant(mutant)
    return await attack(bench, mutant, arms).finally(takeOut)
  } catch (error) {
    process.stdout.write(`${name}: ${(error as Error).message}\n`)
    return []
  }
}

function print({ mutant, killers, seconds }: Row): void {
  const { name, file, rule } = mutant
  const verdict = killers.length === 0 ? 'SURVIVED' : killers.join('  |  ')
  process.stdout.write(
    `${name.padEnd(38)} ${file.padEnd(36)} ${rule}\n    ${verdict} (${seconds.toFixed(1)} s)\n`,
  )
}
