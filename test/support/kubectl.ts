// Runs kubectl, where it is installed, as a person at a terminal does.
import { execFile, execFileSync } from 'node:child_process'

/** What kubectl printed; rejects with what it complained about. */
export type Kubectl = (line: string | readonly string[], input?: object | string) => Promise<string>

export const isInstalled = ((): boolean => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** For `describe`: false, or why its tests are left out. */
export const skip = isInstalled ? false : 'there is no kubectl on the PATH'

/** A line is split at its spaces; words that hold some come as a list. An object on stdin is written as JSON. */
export function kubectlWith(env: NodeJS.ProcessEnv): Kubectl {
  return (line, input) =>
    new Promise((resolve, reject) => {
      const args = typeof line === 'string' ? line.split(' ') : line
      const child = execFile('kubectl', args, { env }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim())
        else reject(new Error(stderr.trim() || stdout.trim()))
      })
      child.stdin?.end(typeof input === 'object' ? JSON.stringify(input) : input)
    })
}
