// Stands in for scheduler, kubelet, volume controller and kube-proxy: a plain client of the API that makes Pods real.
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent } from 'undici'
import { createClient, type Connection, type KubernetesObject } from '../client.ts'
import { createApi } from '../metacontroller/api.ts'
import { startInformers, type Informer } from '../metacontroller/informer.ts'
import { serviceProxy } from '../proxy.ts'
import { startDrivers } from './growth.ts'
import { waitsForConsumer } from './local-volumes.ts'
import { ensureNodes } from './nodes.ts'
import { PodRunner, type RunnerOptions } from './pod-runner.ts'
import { claimNamesOf, specOf } from './pod-spec.ts'
import { signal, type RunningProcess } from './processes.ts'
import { startScheduler, type Sources } from './scheduler.ts'
import { folderOf, isBound, releaseClaim, settleClaim } from './storage.ts'

export interface KubeletOptions extends Pick<RunnerOptions, 'commands' | 'environment'> {
  readonly connection: Connection
  readonly stateDirectory: string
  /** All of them served by this process. */
  readonly nodes?: readonly string[]
  /** Any image will do, as a process stands in for its container; but those of which this is false cannot be had. */
  readonly canPull?: (image: string) => boolean
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

const closeGraceSeconds = 5

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { connection, stateDirectory, addressBase = '127.20', onForcedDelete = 'live' } = options
  const nodeNames = options.nodes ?? ['laptop']
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
  await ensureNodes(client, nodeNames)
  const sources: Sources = {
    ...{ pods, claims },
    nodes: await informers.of('v1', 'nodes'),
    volumes: await informers.of('v1', 'persistentvolumes'),
    classes: await informers.of('storage.k8s.io/v1', 'storageclasses'),
  }
  await Promise.all([services, ...Object.values<Informer>({ ...sources })].map(({ synced }) => synced))

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
      canPull: options.canPull ?? ((image) => !image.includes('does-not-exist')),
    })
    runners.set(runner.uid, runner)
    void runner.ended.then(() => runners.delete(runner.uid))
  }

  function podChanged(pod: KubernetesObject): void {
    const runner = runners.get(pod.metadata.uid ?? '')
    if (runner !== undefined) runner.update(pod)
    else if (nodeNames.includes(specOf(pod).nodeName ?? '')) start(pod)
  }

  function podGone(uid: string): void {
    const runner = runners.get(uid)
    if (runner?.process === undefined) return runner?.kill()
    runner.forget()
    if (onForcedDelete === 'kill') runner.kill()
  }

  function release(claim: KubernetesObject): void {
    const { namespace, name } = claim.metadata
    // One that waits for a node does not hold it: it would not be started on a claim that is being deleted.
    const used = [...pods.objects.values()].some(
      (pod) =>
        pod.metadata.namespace === namespace &&
        specOf(pod).nodeName !== undefined &&
        claimNamesOf(pod).includes(name),
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
    if (waitsForConsumer(current, sources.classes.objects)) return
    void settleClaim(client, stateDirectory, current).catch(() => undefined)
  })
  for (const contents of [secrets, configMaps])
    contents.subscribe(() => runners.forEach((runner) => runner.refresh()))
  services.subscribe(({ old, current }) => {
    if (current !== undefined) proxy.update(current)
    else if (old !== undefined) proxy.remove(old)
  })
  const scheduler = startScheduler(client, sources, nodeNames)
  const drivers = startDrivers(client, sources)

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
      await scheduler.close()
      await drivers.close()
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
