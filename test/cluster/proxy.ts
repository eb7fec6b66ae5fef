// Stands in for kube-proxy: every Service has a loopback address that forwards to a ready Pod its selector matches.
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { KubernetesObject } from './client.ts'
import { containerOf, portNumber } from './kubelet/pod-spec.ts'

export interface ServiceProxy {
  update(service: KubernetesObject): void
  remove(service: KubernetesObject): void
  /** Undefined until the Service is known. */
  addressOf(namespace: string, name: string): string | undefined
  close(): Promise<void>
}

interface ServiceSpec {
  readonly clusterIP?: string
  readonly selector?: Readonly<Record<string, string>>
  readonly ports?: readonly { readonly port: number; readonly targetPort?: string | number }[]
}

interface Served {
  readonly address: string
  readonly servers: readonly Server[]
  service: KubernetesObject
}

/**
 * The address is the Service's own where that is in `ownNetwork`, else a new one from `addresses`.
 * `pods` are looked up at each connection, so endpoints are never stale.
 */
export function serviceProxy(
  addresses: () => string,
  pods: () => readonly KubernetesObject[],
  ownNetwork = '127.',
): ServiceProxy {
  const served = new Map<string, Served>()
  const sockets = new Set<Socket>()
  const keyOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

  function start(service: KubernetesObject): Served {
    const { clusterIP = '' } = specOf(service)
    const address = clusterIP.startsWith(ownNetwork) ? clusterIP : addresses()
    const servers = (specOf(service).ports ?? []).map(({ port, targetPort = port }) => {
      const server = createServer((socket) => forward(socket, keyOf(service), targetPort))
      server.on('error', () => undefined)
      return server.listen(port, address)
    })
    return { address, servers, service }
  }

  function forward(client: Socket, key: string, targetPort: string | number): void {
    const service = served.get(key)?.service
    const [pod] = service === undefined ? [] : endpoints(service, pods())
    client.on('error', () => undefined)
    if (pod === undefined) {
      client.resetAndDestroy()
      return
    }
    const ip = (pod['status'] as { podIP: string }).podIP
    const upstream = connect({ host: ip, port: portNumber(containerOf(pod), targetPort) })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('close', () => sockets.delete(socket))
    }
    upstream.on('error', () => client.resetAndDestroy())
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  }

  return {
    update(service) {
      const known = served.get(keyOf(service))
      if (known === undefined) served.set(keyOf(service), start(service))
      else known.service = service
    },
    remove(service) {
      for (const server of served.get(keyOf(service))?.servers ?? []) server.close()
      served.delete(keyOf(service))
    },
    addressOf: (namespace, name) => served.get(`${namespace}/${name}`)?.address,
    async close() {
      for (const socket of sockets) socket.destroy()
      const servers = [...served.values()].flatMap((each) => each.servers)
      await Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      )
    },
  }
}

const specOf = (service: KubernetesObject): ServiceSpec => service['spec'] ?? {}

/** Ready, not being deleted, in the Service's namespace, with all of its labels; in random order. */
function endpoints(
  service: KubernetesObject,
  pods: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  const selector = Object.entries(specOf(service).selector ?? {})
  const matching = pods.filter(({ metadata }) => {
    const ours = metadata.namespace === service.metadata.namespace && metadata.deletionTimestamp === undefined
    return (
      ours && selector.length > 0 && selector.every(([label, value]) => metadata.labels?.[label] === value)
    )
  })
  return matching.filter(isReady).sort(() => Math.random() - 0.5)
}

function isReady(pod: KubernetesObject): boolean {
  const status = (pod['status'] ?? {}) as {
    podIP?: string
    conditions?: readonly { type: string; status: string }[]
  }
  return (
    status.podIP !== undefined &&
    (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True')
  )
}
