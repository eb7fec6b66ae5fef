// kubectl for one test, as the administrator of an API server of its own.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import type { ApiServerOptions } from '../cluster/apiserver/start.ts'
import { openBench, type Bench } from './api-server.ts'
import { kubectlWith, type Kubectl } from './kubectl.ts'

export interface Shell extends Bench {
  readonly kubectl: Kubectl
  /** The next line that a command which goes on has printed; undefined after the last. */
  readonly follow: (line: string) => () => Promise<string | undefined>
}

export async function openShell(t: TestContext, options: Partial<ApiServerOptions> = {}): Promise<Shell> {
  const bench = await openBench(t, options)
  const home = await mkdtemp(join(tmpdir(), 'kubectl-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const kubeconfig = join(home, 'config')
  await writeFile(kubeconfig, bench.server.kubeconfig(), { mode: 0o600 })
  const env = { ...process.env, HOME: home, KUBECONFIG: kubeconfig }
  const follow = (line: string): (() => Promise<string | undefined>) => {
    const child = spawn('kubectl', line.split(' '), { env })
    t.after(() => child.kill('SIGKILL'))
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    return async () => (await lines.next()).value
  }
  return { ...bench, kubectl: kubectlWith(env), follow }
}
