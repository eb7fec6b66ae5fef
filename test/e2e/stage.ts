// A stage for scenarios: a cluster of stand-ins, or the real API server and Metacontroller in their place.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogRequest } from '../cluster/apiserver/http/log.ts'
import { startApiServer } from '../cluster/apiserver/start.ts'
import { ApiError, createClient, readKubeconfig, type Connection } from '../cluster/client.ts'
import type { Kubelet } from '../cluster/kubelet/kubelet.ts'
import { compositeControllerCrd, metacontrollerCrds } from '../cluster/metacontroller/crd.ts'
import { startMetacontroller } from '../cluster/metacontroller/start.ts'
import { isInstalled, kubectlWith, type Kubectl } from '../support/kubectl.ts'
import { startLaptop, type Laptop, type PodNetwork } from './laptop.ts'
import { writesIn, writesInMetrics, type Writes } from './writes.ts'

export interface Parts {
  /** A real API server, without scheduler, kubelet or Metacontroller. */
  readonly kubeconfig?: string
  /** The real Metacontroller's program; a real API server must have its CRDs. */
  readonly metacontroller?: string
  /** Scenarios cut the node off; a healthy one ends what is deleted by force. */
  readonly onForcedDelete?: 'live' | 'kill'
  readonly network?: PodNetwork
}

export interface Stage extends Laptop {
  readonly connection: Connection
  readonly stateDirectory: string
  /** For kubectl. */
  readonly kubeconfigFile: string
  /** Undefined where it is not installed. */
  readonly kubectl: Kubectl | undefined
  /** Requests other than reads so far. */
  readonly writes: () => Promise<Writes>
}

/** One more than a cluster has instances, so that each node can be drained. */
const nodes: readonly string[] = ['laptop-1', 'laptop-2', 'laptop-3', 'laptop-4']

export async function openStage(parts: Parts, addressBase: string): Promise<Stage> {
  // Short, for the Unix sockets below it.
  const stateDirectory = mkdtempSync(join(tmpdir(), 'rl-'))
  const running: { kubelet?: Kubelet } = {}
  const readLog = async ({ uid, run }: LogRequest): Promise<string | undefined> =>
    running.kubelet?.logs(uid, run)
  const allocateServiceIp = serviceAddresses(addressBase)
  const server =
    parts.kubeconfig === undefined
      ? await startApiServer({
          ...{ adminToken: 'laptop-admin', readLog, allocateServiceIp },
          ...(parts.network === undefined ? {} : { host: parts.network.apiServerHost }),
        })
      : undefined
  const connection = server?.connection ?? readKubeconfig(parts.kubeconfig ?? '')
  const kubeconfigFile = parts.kubeconfig ?? join(stateDirectory, 'kubeconfig')
  if (server !== undefined) writeFileSync(kubeconfigFile, server.kubeconfig(), { mode: 0o600 })
  if (server !== undefined) await installCrds(connection, metacontrollerCrds)
  else if (parts.metacontroller === undefined) await installCrds(connection, [compositeControllerCrd])
  const laptop = await startLaptop({
    connection,
    stateDirectory,
    ...{ addressBase, nodes },
    ...(parts.onForcedDelete === undefined ? {} : { onForcedDelete: parts.onForcedDelete }),
    ...(parts.network === undefined ? {} : { network: parts.network }),
    startMetacontroller: () =>
      parts.metacontroller === undefined
        ? startMetacontroller({ connection, workers: 20, log: () => undefined })
        : realMetacontroller(parts.metacontroller, kubeconfigFile, stateDirectory),
  })
  running.kubelet = laptop.kubelet
  return {
    ...laptop,
    connection,
    stateDirectory,
    kubeconfigFile,
    // Its cache would outlive this cluster and mislead the next one on the same port.
    kubectl: isInstalled
      ? kubectlWith({ ...process.env, HOME: stateDirectory, KUBECONFIG: kubeconfigFile })
      : undefined,
    writes: async () =>
      server === undefined
        ? writesInMetrics(await laptop.client.text('/metrics'))
        : writesIn(server.requests()),
    async close() {
      await laptop.close()
      await server?.close()
      rmSync(stateDirectory, { recursive: true, force: true })
    },
  }
}

/** `127.20.128.1`, …: Pods count from the lower end. */
function serviceAddresses(base: string): () => string {
  let last = 0
  return () => {
    last += 1
    return `${base}.${128 + (last >> 8)}.${last & 255}`
  }
}

async function installCrds(connection: Connection, crds: readonly object[]): Promise<void> {
  const client = createClient(connection)
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  for (const crd of crds)
    await client.request('POST', path, crd).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
    })
  await client.close()
}

/** With the flags that the installation recommends. */
async function realMetacontroller(
  program: string,
  kubeconfig: string,
  stateDirectory: string,
): Promise<{ close(): Promise<void> }> {
  const flags = ['--discovery-interval=2s', '--client-go-qps=200', '--client-go-burst=400', '--workers=20']
  const addresses = ['--metrics-address=127.0.0.1:0', '--health-probe-bind-address=127.0.0.1:0']
  const log = openSync(join(stateDirectory, 'metacontroller.log'), 'a')
  const child = spawn(program, [`--kubeconfig=${kubeconfig}`, ...flags, ...addresses], {
    stdio: ['ignore', log, log],
  })
  closeSync(log)
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
