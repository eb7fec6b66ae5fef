// A cluster and a Metacontroller for conformance tests: in memory and the stand-in, or real ones.
//
// With METACONTROLLER_BIN (the program, v4.17.2) the same tests run against that, and with KUBECONFIG too (a cluster with
// its CRDs, and with the controllers for garbage collection and service accounts, but without another Metacontroller) on
// that cluster. METACONTROLLER_BIN=stand-in runs the stand-in on that cluster. KUBECONFIG alone does nothing.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApiServer } from '../cluster/apiserver/start.ts'
import { createClient, readKubeconfig, type Client, type Connection } from '../cluster/client.ts'
import { metacontrollerCrds } from '../cluster/metacontroller/crd.ts'
import { startMetacontroller } from '../cluster/metacontroller/start.ts'

export interface Cluster {
  readonly isReal: boolean
  readonly connection: Connection
  readonly client: Client
  /** API group of this run's parents: nobody else has any. */
  readonly group: string
  readonly startEngine: () => Promise<Engine>
  readonly close: () => Promise<void>
}

/** A running Metacontroller, or what stands in for it. */
export interface Engine {
  /** Resolves when it ended by itself. */
  readonly ended: Promise<unknown>
  readonly close: () => Promise<void>
}

const { METACONTROLLER_BIN: engine = '', KUBECONFIG: kubeconfig = '' } = process.env
const isReal = engine !== '' && kubeconfig !== ''
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export async function openCluster(): Promise<Cluster> {
  const group = `t${randomBytes(4).toString('hex')}.example.com`
  const server = isReal ? undefined : await startServer()
  const connection = server?.connection ?? readKubeconfig(kubeconfig)
  const client = createClient(connection)
  const crds = [thingCrd(group, 'things', 'Thing', { status: {} }), thingCrd(group, 'plains', 'Plain', {})]
  for (const crd of isReal ? crds : [...metacontrollerCrds, ...crds])
    await client.request('POST', crdPath, crd)
  return {
    isReal,
    connection,
    client,
    group,
    startEngine: async () =>
      ['', 'stand-in'].includes(engine)
        ? startStandIn(connection, group)
        : startReal(server?.kubeconfig ?? kubeconfig, group),
    close: async () => {
      for (const { metadata } of crds) await client.request('DELETE', `${crdPath}/${metadata.name}`)
      await client.close()
      await server?.close()
    },
  }
}

interface Server {
  readonly connection: Connection
  readonly kubeconfig: string
  readonly close: () => Promise<void>
}

async function startServer(): Promise<Server> {
  const {
    connection,
    kubeconfig: text,
    close,
  } = await startApiServer({ adminToken: randomBytes(16).toString('hex') })
  const folder = mkdtempSync(join(tmpdir(), 'mc-'))
  const file = join(folder, 'kubeconfig')
  writeFileSync(file, text(), { mode: 0o600 })
  return {
    connection,
    kubeconfig: file,
    close: async () => {
      rmSync(folder, { recursive: true })
      await close()
    },
  }
}

async function startStandIn(connection: Connection, group: string): Promise<Engine> {
  const { promise: ended, resolve } = Promise.withResolvers<undefined>()
  const { close } = await startMetacontroller({
    connection,
    targetLabels: { group },
    log: () => undefined,
    onCrash: () => resolve(undefined),
  })
  return { ended, close }
}

/** It sees only the CompositeControllers of this run, and finds new kinds fast. */
function startReal(kubeconfigFile: string, group: string): Engine {
  const child = spawn(
    engine,
    [
      `--kubeconfig=${kubeconfigFile}`,
      `--target-label-selector=group=${group}`,
      '--discovery-interval=1s',
      '--client-go-qps=300',
      '--client-go-burst=400',
      '--metrics-address=0',
      '--health-probe-bind-address=0',
    ],
    { stdio: 'ignore' },
  )
  const ended = once(child, 'exit')
  const close = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return { ended, close }
}

function thingCrd(group: string, plural: string, kind: string, subresources: object) {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const status = {
    type: 'object',
    properties: {
      phase: { type: 'string' },
      count: { type: 'integer' },
      observedGeneration: { type: 'integer' },
    },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status } } },
        },
      ],
    },
  }
}
