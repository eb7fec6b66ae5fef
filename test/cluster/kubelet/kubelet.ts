// Stands in for scheduler, kubelet, volume controller and kube-proxy: a plain client of the API that makes Pods real.
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent } from 'undici'
import { createClient, type Client, type Connection, type KubernetesObject } from '../client.ts'
import { createApi } from '../metacontroller/api.ts'
import { startInformers, type Informer } from '../metacontroller/informer.ts'
import { serviceProxy } from '../proxy.ts'
import { PodRunner, type RunnerOptions } from './pod-runner.ts'
import { specOf } from './pod-spec.ts'
import { signal, type RunningProcess } from './processes.ts'
import { folderOf, isBound, releaseClaim, settleClaim } from './storage.ts'

export interface KubeletOptions extends Pick<RunnerOptions, 'commands' | 'environment'> {
  readonly connection: Connection
  readonly stateDirectory: string
  /** First two bytes of the addresses of Pods and Services: another cluster on this machine needs others. */
  readonly addressBase?: string
  /** A node that is cut off runs on what the API has forgotten; a healthy one ends it. */
  readonly onForcedDelete?: 'live' | 'kill'
  readonly restartBackoffMs?: number
  /** Whether everything in a container ends with its PID 1. */
  readonly namespaceEmulation?: boolean
  /** What the addresses of Services begin with where they are this node's to serve; others get one of its own. */
  readonly serviceNetwork?: string
  /** The address it probes from: in a network of their own, Pods tell it from others by that. */
  readonly probesFrom?: string
}

export interface RunningPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly ip: string
  readonly pid: number | undefined
  readonly restarts: number
}

export interface Kubelet {
  pods(): readonly RunningPod[]
  processesOf(uid: string): readonly RunningProcess[]
  /** PID 1, or every process of the Pod whose command line matches. */
  kill(uid: string, which: 'pid1' | RegExp, name: NodeJS.Signals): void
  /** Pods that run on although their objects are gone. */
  ghosts(): readonly (RunningPod & { readonly kill: () => void })[]
  serviceAddress(namespace: string, name: string): string | undefined
  /** What the container wrote in its first run (0), after its first restart (1), …; undefined when there was no such run. */
  logs(uid: string, run: number): Promise<string | undefined>
  /** No process is left. */
  close(): Promise<void>
}

const nodeName = 'laptop'
const closeGraceSeconds = 5

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { connection, stateDirectory, addressBase = '127.20', onForcedDelete = 'live' } = options
  mkdirSync(stateDirectory, { recursive: true })
  const client = createClient(connection)
  const api = createApi(connection)
  const informers = startInformers(api, 0)
  const agent = new Agent(options.probesFrom === undefined ? {} : { localAddress: options.probesFrom })
  const runners = new Map<string, PodRunner>()
  const nextAddress = addressesFrom(addressBase)
  const [pods, claims, secrets, configMaps, services] = (await Promise.all(
    ['pods', 'persistentvolumeclaims', 'secrets', 'configmaps', 'services'].map((plural) =>
      informers.of('v1', plural),
    ),
  )) as [Informer, Informer, Informer, Informer, Informer]
  const proxy = serviceProxy(nextAddress, () => [...pods.objects.values()], options.serviceNetwork)
  await ensureNode(client)

  const lookUpFor = (namespace: string): RunnerOptions['lookUp'] => ({
    secret: (name) => secrets.objects.get(`${namespace}/${name}`),
    configMap: (name) => configMaps.objects.get(`${namespace}/${name}`) ?? rootCertificate(name, connection),
    claim: (name) => {
      const claim = claims.objects.get(`${namespace}/${name}`)
      return claim !== undefined && isBound(claim) ? folderOf(stateDirectory, claim) : undefined
    },
  })

  function start(pod: KubernetesObject): void {
    const runner = new PodRunner(pod, {
      client,
      agent,
      stateDirectory,
      ip: nextAddress(),
      commands: options.commands,
      environment: options.environment,
      lookUp: lookUpFor(pod.metadata.namespace ?? ''),
      restartBackoffMs: options.restartBackoffMs ?? 1000,
      namespace: options.namespaceEmulation ?? true,
    })
    runners.set(runner.uid, runner)
    void runner.ended.then(() => runners.delete(runner.uid))
  }

  function podChanged(pod: KubernetesObject): void {
    const { uid = '', namespace = '', name, deletionTimestamp } = pod.metadata
    const runner = runners.get(uid)
    if (runner !== undefined) runner.update(pod)
    else if (specOf(pod).nodeName === undefined && deletionTimestamp === undefined) {
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
      }
      // A conflict means that it is bound already; the informer will tell.
      void client
        .request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, binding)
        .catch(() => undefined)
    } else if (specOf(pod).nodeName === nodeName) start(pod)
  }

  function podGone(uid: string): void {
    const runner = runners.get(uid)
    if (runner?.process === undefined) return runner?.kill()
    runner.forget()
    if (onForcedDelete === 'kill') runner.kill()
  }

  function release(claim: KubernetesObject): void {
    const { namespace, name } = claim.metadata
    const users = [...pods.objects.values()].filter((pod) => pod.metadata.namespace === namespace)
    const used = users.some((pod) =>
      (specOf(pod).volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === name),
    )
    if (!used) void releaseClaim(client, claim).catch(() => undefined)
  }

  pods.subscribe(({ old, current }) => {
    if (old !== undefined && old.metadata.uid !== current?.metadata.uid) podGone(old.metadata.uid ?? '')
    if (current !== undefined) podChanged(current)
    else for (const claim of claims.objects.values()) release(claim)
  })
  claims.subscribe(({ current }) => {
    if (current === undefined) return
    release(current)
    void settleClaim(client, stateDirectory, current).catch(() => undefined)
  })
  for (const contents of [secrets, configMaps])
    contents.subscribe(() => runners.forEach((runner) => runner.refresh()))
  services.subscribe(({ old, current }) => {
    if (current !== undefined) proxy.update(current)
    else if (old !== undefined) proxy.remove(old)
  })
  await Promise.all([pods.synced, services.synced])

  const describe = (runner: PodRunner): RunningPod => {
    const { namespace, name, uid, ip, restarts } = runner
    return { namespace, name, uid, ip, restarts, pid: runner.process?.pid }
  }
  return {
    pods: () => [...runners.values()].filter(({ isGhost }) => !isGhost).map(describe),
    processesOf: (uid) => runners.get(uid)?.process?.processes() ?? [],
    kill(uid, which, name) {
      const process = runners.get(uid)?.process
      const targets =
        which === 'pid1'
          ? [process?.pid]
          : (process?.processes() ?? []).filter(({ command }) => which.test(command)).map(({ pid }) => pid)
      for (const pid of targets) if (pid !== undefined) signal(pid, name)
    },
    ghosts: () =>
      [...runners.values()]
        .filter(({ isGhost }) => isGhost)
        .map((runner) => ({ ...describe(runner), kill: () => runner.kill() })),
    serviceAddress: (namespace, name) => proxy.addressOf(namespace, name),
    async logs(uid, run) {
      const file = runners.get(uid)?.logFile(run)
      return file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined)
    },
    async close() {
      await informers.close()
      for (const runner of runners.values()) runner.forget()
      await Promise.all([...runners.values()].map((runner) => runner.stop(closeGraceSeconds)))
      await Promise.all([proxy.close(), api.close(), client.close(), agent.destroy()])
    },
  }
}

/** `127.20.0.1`, `127.20.0.2`, …: never the same twice, so that an address always means one Pod. */
function addressesFrom(base: string): () => string {
  let count = 0
  return () => {
    count += 1
    return `${base}.${Math.floor(count / 250)}.${(count % 250) + 1}`
  }
}

async function ensureNode(client: Client): Promise<void> {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels: { 'kubernetes.io/hostname': nodeName } },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'processes stand in for containers',
        },
      ],
    },
  }
  await client.request('POST', '/api/v1/nodes', node).catch(() => undefined)
  // A real API server marks a new Node as not ready, with a taint that nobody here removes.
  await client
    .request('PATCH', `/api/v1/nodes/${nodeName}`, { spec: { taints: null } }, 'application/merge-patch+json')
    .catch(() => undefined)
}

/** Every namespace has the ConfigMaps of its authorities once their controllers run; where they do not, the kubelet knows the authority itself. */
function rootCertificate(name: string, { ca = '' }: Connection): KubernetesObject | undefined {
  return name.endsWith('ca.crt')
    ? {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name },
        data: { 'ca.crt': ca, 'service-ca.crt': ca },
      }
    : undefined
}
