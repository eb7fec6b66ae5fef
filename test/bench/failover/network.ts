// Real network namespaces, one for each Pod behind a router that can drop its packets: needs root and iproute2.
//
// The bench runs in a namespace of its own, and so do the router and each Pod: nothing outlives it. What is cut is cut in the
// router, silently, by routing rules: no firewall is needed. One address is never cut: whoever is on the Pod's own node, as
// kubelet is, and as a client inside the partition is. Not covered: a kubelet that loses the API with its Pods (this one goes
// on reporting them), packets that are lost by chance, and slow links.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { PodNetwork } from '../../e2e/laptop.ts'

/** `from`: nobody hears it. `to`: it hears nobody. `http`: only port 8080, both ways. `api`: only the API server. */
export type Cut = 'both' | 'from' | 'to' | 'http' | 'api'

export interface Network extends PodNetwork {
  cut(ip: string, what: Cut): void
  heal(ip: string): void
}

/** Services and Pods are below it. */
export const podAddressBase = '10.90'
/** Where a real API server gives Services their addresses, as kubeadm has it. */
const serviceNetwork = '10.96'
const node = '10.98.0.1'
const everybodyElse = '10.98.0.2'
const apiServer = '10.98.0.3'
const router = '10.98.1.1'
const inNamespace = 'REDIS_BENCH_NAMESPACE'

/** Runs this program again inside a namespace of its own, once it has left behind what it needs; returns when it already does, or cannot. */
export async function enterNamespace(
  program: string,
  args: readonly string[],
  leave: () => Promise<void> = () => Promise.resolve(),
): Promise<Network | undefined> {
  if (process.env[inNamespace] !== undefined) return createNetwork()
  if (process.getuid?.() !== 0 || spawnSync('unshare', ['--net', '--mount', 'true']).status !== 0)
    return undefined
  await leave()
  const words = ['--net', '--mount', '--', process.execPath, program, ...args]
  const child = spawn('unshare', words, { stdio: 'inherit', env: { ...process.env, [inNamespace]: '1' } })
  // Ctrl-C reaches both; this one waits for the answer.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => void child.kill('SIGTERM'))
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exit(code ?? 1)
}

function createNetwork(): Network {
  const pods = new Map<string, string>()
  const rules = new Map<string, readonly string[]>()
  build()
  return {
    apiServerHost: apiServer,
    nodeAddress: node,
    serviceNetwork: `${serviceNetwork}.`,
    inside(ip, argv) {
      const name = pods.get(ip) ?? `p${pods.size}`
      if (!pods.has(ip)) addPod(name, ip)
      pods.set(ip, name)
      return ['nsenter', `--net=/run/netns/${name}`, '--', ...argv]
    },
    cut(ip, what) {
      const added = rulesFor(what, `iif ${pods.get(ip) ?? ''}`, `to ${ip}`)
      rules.set(ip, [...(rules.get(ip) ?? []), ...added])
      batch(
        'router',
        added.map((rule) => `rule add pref 200 ${rule} blackhole`),
      )
    },
    heal(ip) {
      const added = rules.get(ip) ?? []
      batch(
        'router',
        added.map((rule) => `rule del pref 200 ${rule} blackhole`),
      )
      rules.delete(ip)
    },
  }
}

function rulesFor(what: Cut, from: string, to: string): readonly string[] {
  switch (what) {
    case 'both':
      return [from, to]
    case 'from':
      return [from]
    case 'to':
      return [to]
    case 'http':
      return [from, to].flatMap((way) => ['dport', 'sport'].map((port) => `${way} ipproto tcp ${port} 8080`))
    case 'api':
      return [`${from} to ${apiServer}`, `from ${apiServer} ${to}`]
  }
}

function build(): void {
  // Names of namespaces are files: they must not outlive the bench either.
  execFileSync('sh', ['-c', 'mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns'])
  batch(undefined, [
    'netns add router',
    'link set lo up',
    ...[node, everybodyElse, apiServer].map((address) => `address add ${address}/32 dev lo`),
    'link add router type veth peer name bench netns router',
    'link set router up',
    `route add ${router}/32 dev router src ${everybodyElse}`,
    // Whatever is no Pod is a Service, and served here.
    `route add local ${podAddressBase}.0.0/16 dev lo table main`,
    `route add local ${serviceNetwork}.0.0/16 dev lo table main`,
  ])
  batch('router', [
    'link set lo up',
    `address add ${router}/32 dev lo`,
    'link set bench up',
    'route add 10.98.0.0/24 dev bench',
    `route add ${podAddressBase}.0.0/16 dev bench`,
    `route add ${serviceNetwork}.0.0/16 dev bench`,
    `rule add pref 100 from ${node} lookup main`,
    `rule add pref 100 to ${node} lookup main`,
  ])
  const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  execFileSync('nsenter', ['--net=/run/netns/router', 'sh', '-c', forward])
}

function addPod(name: string, ip: string): void {
  batch(undefined, [`netns add ${name}`, `route add ${ip}/32 via ${router} dev router src ${everybodyElse}`])
  batch('router', [
    `link add ${name} type veth peer name eth0 netns ${name}`,
    `link set ${name} up`,
    `route add ${ip}/32 dev ${name}`,
  ])
  batch(name, [
    'link set lo up',
    `address add ${ip}/32 dev eth0`,
    'link set eth0 up',
    `route add ${router}/32 dev eth0`,
    `route add default via ${router} dev eth0`,
  ])
}

function batch(namespace: string | undefined, lines: readonly string[]): void {
  const where = namespace === undefined ? [] : ['-n', namespace]
  execFileSync('ip', [...where, '-batch', '-'], { input: lines.join('\n') })
}
