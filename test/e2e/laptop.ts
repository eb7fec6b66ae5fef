// The whole product on one machine: an API server, Metacontroller, the kubelet part and the hooks, each replaceable.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { installedKinds } from '../../hooks/install/kinds.ts'
import { createClient, type Client, type Connection } from '../cluster/client.ts'
import { startKubelet, type Kubelet } from '../cluster/kubelet/kubelet.ts'
import { launcher, path } from '../support/launcher.ts'
import { eventually } from './eventually.ts'
import { hooksAccount } from './hooks-account.ts'

export interface LaptopOptions {
  readonly connection: Connection
  /** Starts Metacontroller, or what stands in for it, once its CRD and ours exist. */
  readonly startMetacontroller: () => Promise<{ close(): Promise<void> }>
  readonly stateDirectory: string
  readonly addressBase?: string
  readonly nodes?: readonly string[]
  readonly onForcedDelete?: 'live' | 'kill'
  readonly network?: PodNetwork
}

/** Pods with a network of their own, which can be cut; else they are loopback addresses. */
export interface PodNetwork {
  readonly apiServerHost: string
  /** Kubelet is on the node of each Pod: what cuts off a Pod does not cut it off from here. */
  readonly nodeAddress: string
  /** What the addresses of Services begin with, which can be reached there. */
  readonly serviceNetwork: string
  /** The command that runs `argv` where this address is. */
  readonly inside: (ip: string, argv: readonly string[]) => readonly string[]
}

export interface Laptop {
  readonly client: Client
  readonly kubelet: Kubelet
  readonly hooks: {
    readonly pid: number | undefined
    kill(): Promise<void>
    start(): Promise<void>
    /** A version whose default image is this one takes over. */
    upgrade(image: string): Promise<void>
  }
  readonly metacontroller: { stop(): Promise<void>; start(): Promise<void> }
  close(): Promise<void>
}

export async function startLaptop(options: LaptopOptions): Promise<Laptop> {
  const { connection, stateDirectory, network } = options
  const hooksPort = await freePort()
  mkdirSync(stateDirectory, { recursive: true })
  const client = createClient(connection)
  const account = await hooksAccount(client, connection, stateDirectory)
  const hooks = hooksProcess(hooksPort, stateDirectory, account)
  await hooks.start()
  for (const { crd } of installedKinds) await applyObject(client, crd() as Named)
  const kubelet = await startKubelet({
    connection,
    stateDirectory,
    ...(options.addressBase === undefined ? {} : { addressBase: options.addressBase }),
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
    ...(options.onForcedDelete === undefined ? {} : { onForcedDelete: options.onForcedDelete }),
    ...(network === undefined ? {} : { probesFrom: network.nodeAddress }),
    commands: (argv) => localCommand(argv, network),
    environment: (_pod, ip, root) => ({
      PATH: path,
      REDIS_OPERATOR_ROOT: root,
      REDIS_OPERATOR_LISTEN: ip,
      REDIS_OPERATOR_KUBERNETES_API: connection.url,
    }),
  })
  let metacontroller = await options.startMetacontroller()
  for (const { compositeController } of installedKinds)
    await applyObject(client, compositeController(`http://127.0.0.1:${hooksPort}`) as Named)
  return {
    client,
    kubelet,
    hooks,
    metacontroller: {
      stop: () => metacontroller.close(),
      async start() {
        metacontroller = await options.startMetacontroller()
      },
    },
    async close() {
      await metacontroller.close()
      await hooks.kill()
      await kubelet.close()
      await client.close()
    },
  }
}

/** Free a moment ago; a fixed one could belong to the hooks of another cluster. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function localCommand(argv: readonly string[], network: PodNetwork | undefined): readonly string[] {
  const local = argv[0] === 'redis-operator' ? [launcher, ...argv.slice(1)] : argv
  const ip = argv.find((word) => word.startsWith('--pod-ip='))?.slice('--pod-ip='.length)
  return network === undefined || ip === undefined ? local : network.inside(ip, local)
}

function hooksProcess(port: number, stateDirectory: string, account: readonly string[]): Laptop['hooks'] {
  let child: ChildProcess | undefined
  let image: readonly string[] = []
  const end = async (name: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(name)
    await ended
  }
  const hooks: Laptop['hooks'] = {
    get pid() {
      return child?.pid
    },
    async start() {
      const log = openSync(join(stateDirectory, 'hooks.log'), 'a')
      const args = ['hooks', '--listen=127.0.0.1', `--port=${port}`, ...account, ...image]
      child = spawn(launcher, args, { env: { ...process.env, PATH: path }, stdio: ['ignore', log, log] })
      await eventually(
        'the hooks server answers',
        async () => ((await fetch(`http://127.0.0.1:${port}/readyz`)).ok ? true : undefined),
        10,
      )
    },
    kill: () => end('SIGKILL'),
    async upgrade(next) {
      image = [`--image=${next}`]
      await end('SIGTERM')
      await hooks.start()
    },
  }
  return hooks
}

export interface Named {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

const plurals: Readonly<Record<string, string>> = {
  CustomResourceDefinition: 'customresourcedefinitions',
  CompositeController: 'compositecontrollers',
}

/** Server-side apply; again while a CRD that was just made is not served yet. */
export async function applyObject(client: Client, object: Named): Promise<void> {
  const path = `/apis/${object.apiVersion}/${plurals[object.kind] ?? ''}/${object.metadata.name}?fieldManager=laptop&force=true`
  await eventually(
    `${object.kind} ${object.metadata.name} is applied`,
    () => client.request('PATCH', path, object, 'application/apply-patch+yaml'),
    30,
  )
}
