// A copy of the shipped code and its tests, in which one mutant at a time is planted and taken out again.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from './mutant.ts'

export interface Ran {
  readonly code: number | undefined
  readonly output: string
}

export interface Workbench {
  readonly root: string
  /** Returns how it is taken out again. Throws when it does not apply. */
  plant(mutant: Mutant): Promise<() => Promise<void>>
  /** Runs node with these arguments. The code is undefined when it took too long. */
  run(args: readonly string[]): Promise<Ran>
  remove(): Promise<void>
}

const copied = ['hooks', 'instance', 'metacontroller', 'test', 'package.json', 'tsconfig.json']
const longestMs = 300_000

/** `from` is a work tree, or another workbench. */
export async function workbench(from: string): Promise<Workbench> {
  const root = await mkdtemp(join(tmpdir(), 'mutants-'))
  for (const path of copied) await cp(join(from, path), join(root, path), { recursive: true })
  await symlink(join(from, 'node_modules'), join(root, 'node_modules'))
  return {
    root,
    plant: (mutant) => plant(root, mutant),
    run: (args) => run(root, args),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

async function plant(root: string, { file, find, replace }: Mutant): Promise<() => Promise<void>> {
  const path = join(root, file)
  const shipped = await readFile(path, 'utf8')
  const found = shipped.split(find).length - 1
  if (found !== 1) throw new Error(`its text occurs ${found} times in ${file}, not once: write it anew`)
  await writeFile(path, shipped.split(find).join(replace))
  return () => writeFile(path, shipped)
}

function run(cwd: string, args: readonly string[]): Promise<Ran> {
  // Whoever runs this may run under node --test: the tests of a mutant must not report to that one.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), longestMs)
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? undefined, output })
    })
  })
}
