// Whether the instances are to stop and stay stopped: asked for, and possible without losing anything.
import { isTerminating, ownedPods, type Request } from './observed.ts'
import { ordinalOf, ordinalOfVolume } from './names.ts'
import { ordersIn } from './orders.ts'
import { doomedVolumes } from './volumes.ts'

/** What lies in an emptyDir goes with its Pod, and so does what lies on a volume that is being deleted. */
export const mustSleep = (request: Request): boolean =>
  ordersIn(request.parent.metadata.name, request.parent.metadata.annotations).hibernated &&
  request.parent.spec.storage.type === 'pvc' &&
  endangeredVolumes(request).length === 0

/** Claims that go as soon as the Pods that use them do. */
export function endangeredVolumes(request: Request): readonly string[] {
  const { name } = request.parent.metadata
  const running = ownedPods(request)
    .filter((pod) => !isTerminating(pod))
    .map((pod) => ordinalOf(name, pod.metadata.name))
  return doomedVolumes(request).filter((claim) => running.includes(ordinalOfVolume(name, claim)))
}
