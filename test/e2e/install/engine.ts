// The real Metacontroller as its own account, with the flags of the overlay.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { flags } from '../../../hooks/install/metacontroller.ts'
import { stringify } from 'yaml'
import { tokenOf, type InstallSite } from './site.ts'

export interface Engine {
  readonly log: () => string
  /** SIGKILL. */
  readonly close: () => Promise<void>
}

/** Outside a Pod it must be told where its lease is, and to listen on this machine only. */
const outside = [
  '--leader-election-namespace=metacontroller',
  '--metrics-address=127.0.0.1:0',
  '--health-probe-bind-address=127.0.0.1:0',
]

export async function startMetacontroller(site: InstallSite, name: string): Promise<Engine> {
  const kubeconfig = await kubeconfigOf(site, name)
  const file = join(site.directory, `${name}.log`)
  const log = openSync(file, 'a')
  const quick = flags.map((flag) =>
    flag.startsWith('--discovery-interval') ? '--discovery-interval=2s' : flag,
  )
  const child = spawn(
    site.programs.metacontroller ?? '',
    [`--kubeconfig=${kubeconfig}`, ...quick, ...outside],
    {
      stdio: ['ignore', log, log],
    },
  )
  closeSync(log)
  await once(child, 'spawn')
  return {
    log: () => readFileSync(file, 'utf8'),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function kubeconfigOf({ client, connection, directory }: InstallSite, name: string): Promise<string> {
  const file = join(directory, `${name}.kubeconfig`)
  const token = await tokenOf(client, 'metacontroller', 'metacontroller')
  const ca = Buffer.from(connection.ca ?? '').toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: connection.url, 'certificate-authority-data': ca } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  }
  writeFileSync(file, stringify(config), { mode: 0o600 })
  return file
}
