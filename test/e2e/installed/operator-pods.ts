// The Pods of the operator itself, to kill: what is killed is started again by the kubelet part, not by the harness.
import type { Client, KubernetesObject } from '../../cluster/client.ts'
import type { Kubelet, RunningPod } from '../../cluster/kubelet/kubelet.ts'
import type { Kubectl } from '../../support/kubectl.ts'
import { eventually } from '../eventually.ts'
import type { Laptop } from '../laptop.ts'
import { hooksNamespace, metacontrollerNamespace } from './install.ts'

export interface OperatorPods extends Pick<Laptop, 'hooks' | 'metacontroller'> {
  readonly hooksPods: () => readonly RunningPod[]
  /** `<Pod>_<number>` of the Metacontroller that holds the lease; each start of a Pod has a number of its own. */
  readonly leaseHolder: () => Promise<string>
  /** Its Pod. */
  readonly leader: () => Promise<RunningPod>
}

export function operatorPods(client: Client, kubelet: Kubelet, kubectl: Kubectl): OperatorPods {
  const podsIn = (namespace: string): readonly RunningPod[] =>
    kubelet.pods().filter((pod) => pod.namespace === namespace)
  const hooksPods = (): readonly RunningPod[] => podsIn(hooksNamespace)
  const leaseHolder = (): Promise<string> => holderOf(client)
  const leader = (): Promise<RunningPod> =>
    eventually('a Metacontroller leads', async () => {
      const holder = await leaseHolder()
      return podsIn(metacontrollerNamespace).find(({ name }) => holder.startsWith(`${name}_`))
    })
  return {
    hooksPods,
    leaseHolder,
    leader,
    hooks: hooksHandle(client, kubelet, hooksPods, kubectl),
    metacontroller: leaderHandle(kubelet, leaseHolder, leader),
  }
}

function hooksHandle(
  client: Client,
  kubelet: Kubelet,
  pods: OperatorPods['hooksPods'],
  kubectl: Kubectl,
): OperatorPods['hooks'] {
  const startedAgain = new Map<string, number>()
  return {
    pid: undefined,
    kill() {
      for (const { uid, restarts } of pods()) {
        startedAgain.set(uid, restarts + 1)
        kubelet.kill(uid, 'pid1', 'SIGKILL')
      }
      return Promise.resolve()
    },
    async start() {
      await eventually('both hooks have started again and are ready', async () => {
        const path = `/api/v1/namespaces/${hooksNamespace}/pods`
        const { items } = (await client.request('GET', path)) as unknown as { items: KubernetesObject[] }
        const isBack = (pod: KubernetesObject): boolean =>
          isReadyAfter(pod, startedAgain.get(pod.metadata.uid ?? '') ?? 0)
        return items.length === 2 && items.every(isBack) ? true : undefined
      })
    },
    async upgrade(image) {
      const env = [{ name: 'REDIS_OPERATOR_IMAGE', value: image }]
      const patch = { spec: { template: { spec: { containers: [{ name: 'hooks', image, env }] } } } }
      await client.request(
        'PATCH',
        `/apis/apps/v1/namespaces/${hooksNamespace}/deployments/redis-operator`,
        patch,
        'application/strategic-merge-patch+json',
      )
      await kubectl(`-n ${hooksNamespace} rollout status deployment/redis-operator --timeout=120s`)
    },
  }
}

function isReadyAfter(pod: KubernetesObject, restarts: number): boolean {
  const { containerStatuses = [] } = pod['status'] as {
    containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number }[]
  }
  return containerStatuses.some(({ ready, restartCount }) => ready && restartCount >= restarts)
}

/** Of the two only the one that leads acts; when it ends, the other one does. */
function leaderHandle(
  kubelet: Kubelet,
  leaseHolder: OperatorPods['leaseHolder'],
  leader: OperatorPods['leader'],
): OperatorPods['metacontroller'] {
  let stopped = ''
  return {
    async stop() {
      stopped = await leaseHolder()
      kubelet.kill((await leader()).uid, 'pid1', 'SIGKILL')
    },
    async start() {
      await eventually('another Metacontroller leads', async () =>
        (await leaseHolder()) === stopped ? undefined : true,
      )
    },
  }
}

async function holderOf(client: Client): Promise<string> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/metacontroller/leases/metacontroller'
  const { spec } = (await client.request('GET', path)) as unknown as { spec?: { holderIdentity?: string } }
  return spec?.holderIdentity ?? ''
}
