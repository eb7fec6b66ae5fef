// A stage on which nothing is started by hand: a real API server's controllers make the Pods of the manifests, and they run.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Network } from '../../bench/failover/network.ts'
import { createClient, readKubeconfig, type Client } from '../../cluster/client.ts'
import { startKubelet } from '../../cluster/kubelet/kubelet.ts'
import type { Place } from '../../cluster/kubelet/pod-runner.ts'
import { isInstalled, kubectlWith } from '../../support/kubectl.ts'
import { launcher, path } from '../../support/launcher.ts'
import { eventually } from '../eventually.ts'
import type { Stage } from '../stage.ts'
import { writesInMetrics } from '../writes.ts'
import { contained } from './container.ts'
import { hooksNamespace, installOperator } from './install.ts'
import { operatorPods, type OperatorPods } from './operator-pods.ts'

export interface InstalledParts {
  /** Its controllers of Deployments, ReplicaSets and StatefulSets must run. */
  readonly kubeconfig: string
  /** The program that the image of Metacontroller holds. */
  readonly metacontroller: string
  /** Folder with Metacontroller's own manifests: its repository's manifests/production. */
  readonly upstream: string
  readonly network: Network
}

export type InstalledStage = Stage & OperatorPods

export async function openInstalledStage(
  { kubeconfig, metacontroller, upstream, network }: InstalledParts,
  addressBase: string,
): Promise<InstalledStage> {
  if (!isInstalled) throw new Error('the manifests are applied with kubectl: install it')
  const stateDirectory = mkdtempSync(join(tmpdir(), 'rl-'))
  const connection = readKubeconfig(kubeconfig)
  const client = createClient(connection)
  const kubectl = kubectlWith({ ...process.env, HOME: stateDirectory, KUBECONFIG: kubeconfig })
  const hostsFile = join(stateDirectory, 'hosts')
  writeFileSync(hostsFile, '127.0.0.1 localhost\n')
  const { hostname, port } = new URL(connection.url)
  const programs = { 'redis-operator': launcher, '/usr/bin/metacontroller': metacontroller }
  const kubelet = await startKubelet({
    ...{ connection, stateDirectory, addressBase },
    probesFrom: network.nodeAddress,
    serviceNetwork: network.serviceNetwork,
    commands: (argv, place) => inPod(network, place, contained(mapped(programs, argv), place, hostsFile)),
    environment: () => ({ PATH: path, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }),
  })
  const announcing = announceHooks(client, hostsFile)
  await installOperator(client, kubectl, stateDirectory, upstream)
  await announcing
  return {
    ...{ client, kubelet, connection, stateDirectory, kubectl, kubeconfigFile: kubeconfig },
    ...operatorPods(client, kubelet, kubectl),
    writes: async () => writesInMetrics(await client.text('/metrics')),
    async close() {
      await kubelet.close()
      await client.close()
      rmSync(stateDirectory, { recursive: true, force: true })
    },
  }
}

const inPod = (network: Network, { ip }: Place, argv: readonly string[]): readonly string[] =>
  network.inside(ip, argv)

function mapped(programs: Readonly<Record<string, string>>, argv: readonly string[]): readonly string[] {
  const [program = '', ...args] = argv
  return [programs[program] ?? program, ...args]
}

/** What DNS does: every Pod has this file as its /etc/hosts, so it is written in place. */
async function announceHooks(client: Client, hostsFile: string): Promise<void> {
  const service = await eventually(
    'the Service of the hooks exists',
    () => client.request('GET', `/api/v1/namespaces/${hooksNamespace}/services/redis-operator`),
    180,
  )
  const { clusterIP } = service['spec'] as { clusterIP: string }
  writeFileSync(hostsFile, `127.0.0.1 localhost\n${clusterIP} redis-operator.${hooksNamespace}\n`)
}
