// A kubelet and an API server in memory for one test, with Pods whose program does what it is told.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import type { KubernetesObject } from '../cluster/client.ts'
import { startKubelet, type Kubelet, type KubeletOptions } from '../cluster/kubelet/kubelet.ts'
import { eventually } from '../e2e/eventually.ts'
import { core, openBench, type Bench } from './api-server.ts'

export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

export interface PodStatus {
  readonly phase?: string
  readonly podIP?: string
  readonly conditions?: readonly PodCondition[]
  readonly containerStatuses?: readonly [
    {
      readonly ready: boolean
      readonly restartCount: number
      readonly state: {
        readonly waiting?: { readonly reason: string; readonly message: string }
        readonly running?: object
        readonly terminated?: { readonly exitCode: number }
      }
    },
  ]
}

export interface KubeletBench extends Bench {
  readonly kubelet: Kubelet
  readonly pod: (name: string) => Promise<KubernetesObject>
  readonly status: (name: string) => Promise<PodStatus>
  readonly isReady: (name: string) => Promise<boolean>
  /** Creates it and waits until its program answers. */
  readonly run: (name: string, options?: ProgramOptions) => Promise<Program>
}

export interface ProgramOptions {
  readonly args?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** Further fields of the spec, and of its only container. */
  readonly spec?: object
  readonly container?: object
}

/** A Pod as its own client sees it. */
export interface Program {
  readonly uid: string
  readonly ip: string
  /** Rejects when it is not reachable; undefined when it says no. */
  readonly ask: (path: string, value?: string) => Promise<string | undefined>
}

/** Test files run side by side, each with addresses of its own. */
const base = `127.${130 + (process.pid % 110)}`
const script = resolve(import.meta.dirname, 'pod-program.ts')

export async function openKubelet(
  t: TestContext,
  options: Partial<KubeletOptions> = {},
): Promise<KubeletBench> {
  let services = 0
  const allocateServiceIp = (): string => `${base}.128.${++services}`
  const bench = await openBench(t, { allocateServiceIp })
  const stateDirectory = mkdtempSync(join(tmpdir(), 'kl-'))
  const kubelet = await startKubelet({
    connection: bench.server.connection,
    stateDirectory,
    addressBase: base,
    commands: (argv) => argv,
    environment: (_pod, ip, root) => ({ IP: ip, ROOT: root }),
    ...options,
  })
  t.after(async () => {
    for (const ghost of kubelet.ghosts()) ghost.kill()
    await kubelet.close()
    rmSync(stateDirectory, { recursive: true, force: true })
  })
  return { ...bench, kubelet, ...viewOf(bench, kubelet) }
}

function viewOf(
  { create, get }: Bench,
  kubelet: Kubelet,
): Pick<KubeletBench, 'pod' | 'status' | 'isReady' | 'run'> {
  const pod = (name: string): Promise<KubernetesObject> => get(`${core}/pods/${name}`)
  const status = async (name: string): Promise<PodStatus> => (await pod(name))['status'] as PodStatus
  return {
    pod,
    status,
    isReady: async (name) => {
      const { conditions = [] } = await status(name)
      return conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True')
    },
    async run(name, options = {}) {
      const { metadata } = await create(`${core}/pods`, programPod(name, options))
      const uid = metadata.uid ?? ''
      const ip = await eventually(
        `${name} has an address`,
        () => kubelet.pods().find((each) => each.uid === uid)?.ip,
      )
      const program = { uid, ip, ask: askAt(ip) }
      await eventually(`${name} answers`, () => program.ask('/pid'))
      return program
    },
  }
}

/** Why the scheduler finds no node for it, once it says so. */
export const unschedulable = ({ status }: KubeletBench, name: string): Promise<PodCondition> =>
  eventually(`${name} is unschedulable`, async () =>
    (await status(name)).conditions?.find(
      ({ type, status: is, reason }) =>
        type === 'PodScheduled' && is === 'False' && reason === 'Unschedulable',
    ),
  )

export function programPod(name: string, options: ProgramOptions = {}): object {
  const { args = [], labels = {}, spec = {}, container = {} } = options
  const main = {
    name: 'main',
    image: 'image:1',
    command: [process.execPath, script],
    args,
    ports: [{ name: 'http', containerPort: 8080 }],
    ...container,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { automountServiceAccountToken: false, containers: [main], ...spec },
  }
}

export function askAt(host: string): Program['ask'] {
  return async (path, value = '') => {
    const answer = await fetch(`http://${host}:8080${path}?value=${encodeURIComponent(value)}`)
    const text = await answer.text()
    return answer.ok ? text : undefined
  }
}
