// Remembers for a moment what was answered, for a request often shows the status as it was one answer ago.
import type { KubernetesObject, SyncRequest } from '../../metacontroller/contract.ts'
import { canonicalJson } from '../rediscluster/text-hash.ts'

/** Of any kind of ours. */
export type StatusRequest = SyncRequest<KubernetesObject & { readonly status?: object }>

export interface LastAnswers {
  /**
   * The request with the status that we answered last, when it shows one that this answer has replaced. Without it two
   * statuses that differ only in a time could follow each other for ever, each written because the other was.
   * Only a hint: nothing relies on it, and another replica of the hooks knows nothing of it.
   */
  refreshed<R extends StatusRequest>(request: R, nowMs: number): R
  answered(request: StatusRequest, status: object, nowMs: number): void
}

/** Longer than a status write takes to come back; a status that stays old is believed after it. */
const believedMs = 1000
const mostReplaced = 8

interface Answer {
  readonly status: object
  readonly text: string
  readonly replaced: readonly string[]
  readonly atMs: number
}

export function lastAnswers(): LastAnswers {
  const answers = new Map<string, Answer>()
  const textOf = canonicalTexts()
  const uidOf = ({ parent }: StatusRequest): string => parent.metadata.uid ?? ''
  return {
    refreshed(request, nowMs) {
      for (const [uid, { atMs }] of answers) if (nowMs - atMs > believedMs) answers.delete(uid)
      const last = answers.get(uidOf(request))
      const isOld = last?.replaced.includes(textOf(request.parent.status ?? {})) === true
      return isOld ? { ...request, parent: { ...request.parent, status: last.status } } : request
    },
    answered(request, status, nowMs) {
      const before = answers.get(uidOf(request))
      const shown = textOf(request.parent.status ?? {})
      const text = textOf(status)
      const seen = [...(before?.replaced ?? []), before?.text ?? '{}', shown]
      const replaced = seen.filter((each) => each !== text).slice(-mostReplaced)
      answers.set(uidOf(request), { status, text, replaced, atMs: nowMs })
    },
  }
}

/** A status is compared when it comes, when it is answered, and when it comes back. */
function canonicalTexts(): (status: object) => string {
  const texts = new WeakMap<object, string>()
  return (status) => {
    const text = texts.get(status) ?? canonicalJson(status)
    texts.set(status, text)
    return text
  }
}
