// What people ask for by annotation of a RedisCluster; what cannot be read is told, and not acted upon.
import { fencedNames } from '../../instance/api.ts'
import { annotations, ordinalOf } from './names.ts'

export interface Orders {
  /** UIDs of Pods whose machines somebody has seen dead. */
  readonly confirmedGone: readonly string[]
  /** This copy is to be promoted although others may hold more; only until a higher epoch is installed. */
  readonly acceptLoss: { readonly uid: string; readonly epoch: number } | undefined
  /** Name of the Pod that is to be primary. */
  readonly switchoverTo: string | undefined
  /** Names of the Pods whose redis-server is to be stopped, and kept stopped. */
  readonly fenced: readonly string[]
  /** Pods that were not made with this text are to be replaced. */
  readonly restartedAt: string | undefined
  /** No instance is to run. */
  readonly hibernated: boolean
  /** The primary may be moved for an update now. */
  readonly approved: boolean
  /** Each a sentence that says how it is written. */
  readonly malformed: readonly string[]
}

export function ordersIn(cluster: string, given: Readonly<Record<string, string>> = {}): Orders {
  const { confirmGone, acceptLoss, switchover, fenced, restartedAt, approveUpdate } = annotations
  const gone = parseUids(given[confirmGone])
  const loss = parseLoss(given[acceptLoss])
  const to = given[switchover]?.trim()
  const knownTo = to !== undefined && ordinalOf(cluster, to) !== undefined ? to : undefined
  const stopped = fencedNames(given[fenced])
  const restart = textIn(given, restartedAt)
  const approval = textIn(given, approveUpdate)
  const unread: readonly (readonly [boolean, string])[] = [
    [gone === undefined, `${confirmGone} holds at most ${mostUids} UIDs of Pods, separated by commas`],
    [
      loss === undefined && given[acceptLoss] !== undefined,
      `${acceptLoss} is written as <pod uid>/<primaryEpoch of the status>`,
    ],
    [stopped === undefined, `${fenced} is a JSON array of Pod names, for example ["${cluster}-0"]`],
    [knownTo !== to, `${switchover} is the name of a Pod, for example ${cluster}-1`],
    [
      restart.length > longestText,
      `${restartedAt} is a text of at most ${longestText} characters, the time for example`,
    ],
    [!['', 'true'].includes(approval), `${approveUpdate} is true, or not there`],
    [
      !['', 'on', 'true', 'off', 'false'].includes(textIn(given, annotations.hibernation)),
      `${annotations.hibernation} is on or off`,
    ],
  ]
  return {
    confirmedGone: gone ?? [],
    acceptLoss: loss,
    switchoverTo: knownTo,
    fenced: stopped ?? [],
    restartedAt: restart === '' || restart.length > longestText ? undefined : restart,
    hibernated: ['on', 'true'].includes(textIn(given, annotations.hibernation)),
    approved: approval === 'true',
    malformed: unread.flatMap(([isUnread, sentence]) => (isUnread ? [sentence] : [])),
  }
}

const textIn = (given: Readonly<Record<string, string>>, annotation: string): string =>
  given[annotation]?.trim() ?? ''

const mostUids = 64
const longestText = 64

/** What is no UID is nobody's; what is far too much was written by nobody who has looked. */
function parseUids(text = ''): readonly string[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  return words.length > mostUids ? undefined : words
}

function parseLoss(text: string | undefined): Orders['acceptLoss'] {
  const [, uid, epoch] = /^\s*([^/\s]{1,64})\/([0-9]{1,15})\s*$/.exec(text ?? '') ?? []
  return uid === undefined ? undefined : { uid, epoch: Number(epoch) }
}
