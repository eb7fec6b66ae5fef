// What every child is built from: the parent's identity and spec, the resolved image, and what is observed.
import type { SyncRequest } from '../../metacontroller/contract.ts'
import type { RedisCluster } from './resource.ts'
import type { RedisClusterSpec } from './spec.ts'

export interface Blueprint {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly spec: RedisClusterSpec
  /** Image for new Pods, and the default that status keeps once it is resolved. */
  readonly image: string
  readonly defaultImage: string
  readonly request: SyncRequest<RedisCluster>
  /** Fresh randomness in hex, used only for a Secret that is not observed. */
  readonly entropy: string
}

export function blueprintOf(
  request: SyncRequest<RedisCluster>,
  entropy: string,
  fallbackImage: string,
): Blueprint {
  const { metadata, spec, status } = request.parent
  const defaultImage = status?.image ?? fallbackImage
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    uid: metadata.uid ?? '',
    spec,
    image: spec.imageName ?? defaultImage,
    defaultImage,
    request,
    entropy,
  }
}
