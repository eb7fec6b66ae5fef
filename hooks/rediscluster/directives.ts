// Why a user may not set a directive of redis.conf: the operator's guarantees rest on it.
import { isOwned } from '../../instance/directives.ts'

/** The reason why `directive` is refused, or undefined when a user may set it. */
export function refusalOf(directive: string): string | undefined {
  return isOwned(directive)
    ? `${directive} belongs to the operator and cannot be set in spec.redis`
    : undefined
}
