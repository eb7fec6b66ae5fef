// What `npm run local` shows of a RedisCluster: the state in a sentence, its instances, its last failovers, how to reach it.
import { instancePort, paths } from '../../instance/api.ts'
import type { RedisCluster } from '../../hooks/rediscluster/resource.ts'
import { namespace } from './cluster-view.ts'
import type { Stage } from './stage.ts'

const mostShown = 3
const answerWithinMs = 500

export function summary({ metadata, spec, status }: RedisCluster): string {
  return `${metadata.name}  ${status?.readyInstances ?? 0}/${spec.instances} ready  ${status?.phase ?? 'new'}: ${status?.phaseReason ?? 'no status yet'}`
}

export async function picture(stage: Stage, cluster: RedisCluster): Promise<string> {
  const lines = [
    summary(cluster),
    ...(await instances(cluster)),
    ...failovers(cluster),
    reach(stage, cluster),
  ]
  return lines.join('\n')
}

async function instances({ status }: RedisCluster): Promise<readonly string[]> {
  const states = Object.entries(status?.instancesStatus ?? {})
  const offsets = await Promise.all(states.map(([, { ip }]) => offset(ip)))
  const primary = offsets[states.findIndex(([, { role }]) => role === 'primary')]
  return states.map(([name, { role, state = '-', ip = '-', masterLinkStatus, ready }], index) => {
    const link = masterLinkStatus === undefined ? '' : `  link ${masterLinkStatus}`
    const lag = role === 'primary' ? '' : `  ${behind(primary, offsets[index])}`
    return `  ${name}  ${role}  redis-server ${state}${link}${lag}  ${ready ? 'ready' : 'not ready'}  ${ip}`
  })
}

/** The status object remembers offsets of minutes ago: the live one is the instance's to tell. */
async function offset(ip: string | undefined): Promise<number | undefined> {
  if (ip === undefined) return undefined
  const answer = await fetch(`http://${ip}:${instancePort}${paths.status}`, {
    signal: AbortSignal.timeout(answerWithinMs),
  }).catch(() => undefined)
  return ((await answer?.json().catch(() => undefined)) as { replicationOffset?: number } | undefined)
    ?.replicationOffset
}

/** Asked one after the other, so a busy replica may seem ahead by a little: that is no lag. */
function behind(primary: number | undefined, own: number | undefined): string {
  if (primary === undefined || own === undefined) return 'lag unknown'
  return `lag ${Math.max(0, primary - own)} bytes`
}

function failovers({ status }: RedisCluster): readonly string[] {
  return (status?.failovers ?? [])
    .slice(0, mostShown)
    .map(
      ({ installedAt, from, to, epoch, reason }) =>
        `  ${installedAt}  ${from} → ${to}, epoch ${epoch}. ${reason}`,
    )
}

function reach({ kubelet }: Stage, { metadata: { name } }: RedisCluster): string {
  const host = kubelet.serviceAddress(namespace, `${name}-leader`) ?? '(no address yet)'
  const secret = `kubectl get secret ${name}-auth -o jsonpath='{.data.password}' | base64 -d`
  return `  redis-cli -h ${host} -a "$(${secret})"`
}
