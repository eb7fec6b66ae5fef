// docker or podman, whichever works on this machine, and what tests ask of it.
import { execFile } from 'node:child_process'

export interface ContainerEngine {
  readonly name: string
  /** What it printed on stdout; rejects with its last words. */
  run(args: readonly string[], options?: RunOptions): Promise<string>
}

interface RunOptions {
  readonly timeoutSeconds?: number
  readonly env?: Readonly<Record<string, string>>
}

export type Found =
  | { readonly kind: 'Works'; readonly engine: ContainerEngine }
  | { readonly kind: 'Missing'; readonly reason: string }

/** The first one that answers; CONTAINER_ENGINE names the only one to try. */
export async function findEngine(): Promise<Found> {
  const wanted = process.env['CONTAINER_ENGINE']
  const names = wanted === undefined ? ['docker', 'podman'] : [wanted]
  const reasons: string[] = []
  for (const name of names) {
    const engine = engineNamed(name)
    try {
      await engine.run(['ps'], { timeoutSeconds: 10 })
      // Without it docker builds as it did before BuildKit, which does not know on what platform it builds.
      if (name === 'docker') await engine.run(['buildx', 'version'], { timeoutSeconds: 10 })
      return { kind: 'Works', engine }
    } catch (error) {
      reasons.push(`${name}: ${lastLine(error)}`)
    }
  }
  return { kind: 'Missing', reason: `no container engine works here (${reasons.join('; ')})` }
}

export const lastLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? ''

export function engineNamed(name: string): ContainerEngine {
  return { name, run: (args, options) => execute(name, args, options) }
}

/** Rejects with what the program complained about, the end of it when that is long. */
export function execute(
  program: string,
  args: readonly string[],
  { timeoutSeconds = 60, env = {} }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutSeconds * 1000, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 }
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      const words = stderr.trim() || stdout.trim() || error.message
      const ending = error.killed === true ? `\nstopped after ${timeoutSeconds} s` : ''
      reject(new Error(words.slice(-4000) + ending, { cause: error }))
    })
    child.stdin?.end()
  })
}
