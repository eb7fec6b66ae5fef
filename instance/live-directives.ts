// Gives changed directives to a running redis-server, and tells which of them it cannot take.
import { directiveKind, isOwned } from './directives.ts'
import type { RedisControl } from './redis/control.ts'

export interface Outcome {
  readonly needsRestart: string[]
  readonly refused: string[]
}

type Directives = ReadonlyMap<string, string>

/**
 * Every directive that redis-server was ever given, each with what it had before; undefined when it was started with it,
 * for then nobody knows.
 */
export type Given = Map<string, string | undefined>

export const givenAtStart = (started: Directives): Given =>
  new Map([...started.keys()].map((directive) => [directive, undefined]))

type Control = Pick<RedisControl, 'configGet' | 'configSet'>

/**
 * All of `next`, for an earlier refusal must be told again. Rejects when one was not answered: then nothing is known of
 * it. What belongs to the operator never changes live.
 */
export async function applyDirectives(
  control: Control,
  started: Directives,
  next: Directives,
  given: Given,
): Promise<Outcome> {
  const needsRestart: string[] = []
  const refused: string[] = []
  // First what is taken away: it may come again under another name.
  for (const directive of [...given.keys()].filter((name) => !next.has(name)))
    if (!(await putBack(control, directive, given))) needsRestart.push(`${directive} (removed)`)
  for (const [directive, value] of next) {
    const unchanged = started.get(directive) === value
    if (unchanged && isOwned(directive)) continue
    const problem = await problemWith(control, directive, value, given)
    if (problem === undefined) continue
    if (!isImmutable(directive, problem)) refused.push(`${directive}: ${problem}`.slice(0, 512))
    else if (!unchanged && (await control.configGet(directive)) !== value) needsRestart.push(directive)
  }
  return { needsRestart, refused }
}

const isImmutable = (directive: string, problem: string): boolean =>
  directiveKind(directive) === 'Restart' || /immutable/i.test(problem)

/** Whether redis-server is as if it had never been given the directive. */
async function putBack(control: Control, directive: string, given: Given): Promise<boolean> {
  const before = fresh[directive] ?? given.get(directive)
  if (before === undefined || isOwned(directive)) return false
  if ((await answerTo(control, directive, before)) !== undefined) return false
  given.delete(directive)
  return true
}

async function problemWith(
  control: Control,
  directive: string,
  value: string,
  given: Given,
): Promise<string | undefined> {
  if (isOwned(directive)) return 'belongs to the operator, and does not change while redis-server runs'
  const before = given.has(directive) ? given.get(directive) : await control.configGet(directive)
  const problem = await answerTo(control, directive, wholeValue(directive, value))
  if (problem === undefined) given.set(directive, before)
  return problem
}

async function answerTo(control: Control, directive: string, value: string): Promise<string | undefined> {
  try {
    await control.configSet(directive, value)
    return undefined
  } catch (error) {
    // ERR is about the value; anything else, BUSY or a deadline for example, is about the moment.
    if (error instanceof Error && error.message.startsWith('ERR '))
      return `${error.message} (it could not start with that either)`
    throw error
  }
}

/** What every redis-server has that is not told otherwise: of the memory directives, so that no change of them needs a restart. */
const fresh: Readonly<Record<string, string>> = {
  maxmemory: '0',
  'maxmemory-policy': 'noeviction',
  'repl-backlog-size': '1mb',
  'client-output-buffer-limit': 'normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60',
}

/** Of this one redis-server changes only the classes that it is told, so it is told all: the last word on a class counts. */
const wholeValue = (directive: string, value: string): string =>
  directive === 'client-output-buffer-limit' ? `${fresh[directive] ?? ''} ${value}` : value
