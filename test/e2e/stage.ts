// A stage for scenarios: a cluster of stand-ins, or the real API server and Metacontroller in their place.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApiServer } from '../cluster/apiserver/start.ts'
import { ApiError, createClient, readKubeconfig, type Connection } from '../cluster/client.ts'
import { compositeControllerCrd } from '../cluster/metacontroller/crd.ts'
import { startMetacontroller } from '../cluster/metacontroller/start.ts'
import { startLaptop, type Laptop } from './laptop.ts'

export interface Parts {
  /** A real API server, without scheduler, kubelet or Metacontroller. */
  readonly kubeconfig?: string
  /** The real Metacontroller's program; its CRDs must be there. */
  readonly metacontroller?: string
}

export interface Stage extends Laptop {
  readonly connection: Connection
  readonly stateDirectory: string
  /** For kubectl. */
  readonly kubeconfigFile: string
  /** Requests other than reads so far, where the API server can tell. */
  readonly writes: (() => number) | undefined
}

const reads = ['get', 'list', 'watch']

export async function openStage(parts: Parts, addressBase: string): Promise<Stage> {
  // Short, for the Unix sockets below it.
  const stateDirectory = mkdtempSync(join(tmpdir(), 'rl-'))
  const server =
    parts.kubeconfig === undefined ? await startApiServer({ adminToken: 'laptop-admin' }) : undefined
  const connection = server?.connection ?? readKubeconfig(parts.kubeconfig ?? '')
  const kubeconfigFile = parts.kubeconfig ?? join(stateDirectory, 'kubeconfig')
  if (server !== undefined) writeFileSync(kubeconfigFile, server.kubeconfig(), { mode: 0o600 })
  if (parts.metacontroller === undefined) await installCrd(connection)
  const laptop = await startLaptop({
    connection,
    stateDirectory,
    addressBase,
    startMetacontroller: () =>
      parts.metacontroller === undefined
        ? startMetacontroller({ connection, workers: 20, log: () => undefined })
        : realMetacontroller(parts.metacontroller, kubeconfigFile),
  })
  return {
    ...laptop,
    connection,
    stateDirectory,
    kubeconfigFile,
    writes:
      server === undefined
        ? undefined
        : () =>
            server
              .requests()
              .filter(({ verb }) => !reads.includes(verb))
              .reduce((sum, { count }) => sum + count, 0),
    async close() {
      await laptop.close()
      await server?.close()
      rmSync(stateDirectory, { recursive: true, force: true })
    },
  }
}

async function installCrd(connection: Connection): Promise<void> {
  const client = createClient(connection)
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await client.request('POST', path, compositeControllerCrd).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
  })
  await client.close()
}

/** With the flags that the installation recommends. */
async function realMetacontroller(program: string, kubeconfig: string): Promise<{ close(): Promise<void> }> {
  const flags = ['--discovery-interval=2s', '--client-go-qps=200', '--client-go-burst=400', '--workers=20']
  const addresses = ['--metrics-address=127.0.0.1:0', '--health-probe-bind-address=127.0.0.1:0']
  const child = spawn(program, [`--kubeconfig=${kubeconfig}`, ...flags, ...addresses], { stdio: 'ignore' })
  await once(child, 'spawn')
  return {
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
