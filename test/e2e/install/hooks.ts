// The hooks as a process on this machine, and the CompositeControllers that lead Metacontroller to them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { installedKinds } from '../../../hooks/install/kinds.ts'
import { eventually } from '../eventually.ts'
import { root } from './apply.ts'
import type { InstallSite } from './site.ts'

export interface Hooks {
  /** Makes the CompositeControllers; with a Secret's name Metacontroller sends its token. */
  readonly announce: (secret?: string) => Promise<void>
  /** The token that requests must carry from now on. */
  readonly expect: (token: string) => void
  readonly close: () => Promise<void>
}

export async function startHooks(site: InstallSite, token?: string): Promise<Hooks> {
  const file = join(site.directory, 'token')
  const port = await freePort()
  const expect = (text: string): void => writeFileSync(file, text)
  if (token !== undefined) expect(token)
  const guard = token === undefined ? [] : [`--bearer-token-file=${file}`]
  const args = ['hooks/main.ts', '--listen=127.0.0.1', `--port=${port}`, '--log-level=warn', ...guard]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${port}`
  await eventually('the hooks are ready', async () => ((await fetch(`${url}/readyz`)).ok ? true : undefined))
  const controllers = '/apis/metacontroller.k8s.io/v1alpha1/compositecontrollers'
  return {
    expect,
    async announce(secret) {
      const secretRef = { name: secret, namespace: 'redis-operator-system', key: 'token' }
      const authorization = secret === undefined ? {} : { authorization: { type: 'Bearer', secretRef } }
      for (const { plural, compositeController } of installedKinds) {
        const controller = compositeController(url, (webhook) => ({ ...webhook, ...authorization }))
        const path = `${controllers}/${plural}?fieldManager=install&force=true`
        await site.client.request('PATCH', path, controller, 'application/apply-patch+yaml')
      }
    },
    async close() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
