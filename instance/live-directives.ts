// Gives changed directives to a running redis-server, and tells which of them it cannot take.
import { isOwned } from './api.ts'
import type { RedisControl } from './redis/control.ts'

export interface Outcome {
  readonly needsRestart: string[]
  readonly refused: string[]
}

type Directives = ReadonlyMap<string, string>

/**
 * All of `next`, for an earlier refusal must be told again; `given` collects the names of whatever it was given.
 * Rejects when one was not answered: then nothing is known of it. What belongs to the operator never changes live.
 */
export async function applyDirectives(
  control: Pick<RedisControl, 'configSet'>,
  started: Directives,
  next: Directives,
  given: Set<string>,
): Promise<Outcome> {
  const needsRestart = [...given]
    .filter((directive) => !next.has(directive))
    .map((directive) => `${directive} (removed)`)
  const refused: string[] = []
  for (const [directive, value] of next) {
    const unchanged = started.get(directive) === value
    if (unchanged && isOwned(directive)) continue
    const problem = await problemWith(control, directive, value)
    if (problem === undefined) given.add(directive)
    else if (!/immutable/i.test(problem)) refused.push(`${directive}: ${problem}`.slice(0, 512))
    else if (!unchanged) needsRestart.push(directive)
  }
  return { needsRestart, refused }
}

async function problemWith(
  control: Pick<RedisControl, 'configSet'>,
  directive: string,
  value: string,
): Promise<string | undefined> {
  if (isOwned(directive)) return 'belongs to the operator, and does not change while redis-server runs'
  try {
    await control.configSet(directive, value)
    return undefined
  } catch (error) {
    // ERR is about the value; anything else, BUSY or a deadline for example, is about the moment.
    if (error instanceof Error && error.message.startsWith('ERR ')) return error.message
    throw error
  }
}
