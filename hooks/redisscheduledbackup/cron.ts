// Understands the text of a schedule, or says in a sentence why not.
import { CronExpressionParser, type CronExpression } from 'cron-parser'

/** All times of a schedule are whole minutes. */
export type Schedule =
  | {
      readonly kind: 'Cron'
      readonly fields: string
      readonly timeZone: string
      /** Due in every hour of its days: such a schedule counts hours, and none is left out. */
      readonly everyHour: boolean
    }
  | { readonly kind: 'Every'; readonly periodMs: number; readonly anchorMs: number }

export type Parsed =
  | { readonly kind: 'Valid'; readonly schedule: Schedule }
  | { readonly kind: 'Invalid'; readonly message: string }

const minuteMs = 60_000
const macros: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}
const parts = ['minute', 'hour', 'day of month', 'month', 'day of week'] as const
const largestSteps = [59, 23, 31, 12, 7] as const
const example = 'for example "0 3 * * *" is every day at 03:00'

/** `createdAtMs` is what @every counts from. */
export function parseSchedule(text: string, timeZone: string, createdAtMs: number): Parsed {
  const trimmed = text.trim()
  const problem = zoneProblem(timeZone)
  if (problem !== undefined) return { kind: 'Invalid', message: problem }
  if (trimmed.startsWith('@every')) return every(trimmed, createdAtMs)
  if (!trimmed.startsWith('@')) return cron(trimmed, timeZone)
  const fields = macros[trimmed]
  if (fields !== undefined) return cron(fields, timeZone)
  const known = Object.keys(macros).join(', ')
  return invalid(trimmed, `is not known; there are ${known}, and @every with a duration, as @every 6h`)
}

/**
 * Faces, as if they were UTC: cron-parser's own time zones give other times for the same schedule depending on where
 * they start when clocks change. The seed keeps it from drawing one at random.
 */
export function cronFrom(fields: string, faceMs: number): CronExpression {
  return CronExpressionParser.parse(fields, { tz: 'UTC', currentDate: new Date(faceMs), hashSeed: 'none' })
}

const invalid = (text: string, why: string): Parsed => ({
  kind: 'Invalid',
  message: `schedule "${text}" ${why}`,
})

/** The library would also take names of its own, one of them the zone of this machine. */
function zoneProblem(timeZone: string): string | undefined {
  try {
    if (/^[A-Za-z]/.test(timeZone)) new Intl.DateTimeFormat('en', { timeZone })
    else throw new RangeError('an offset is no time zone')
    return undefined
  } catch {
    return `timeZone "${timeZone}" is not the IANA name of a time zone; for example Europe/Berlin, America/New_York or UTC`
  }
}

function every(text: string, createdAtMs: number): Parsed {
  const [, hours = '0', minutes = '0'] =
    /^@every +(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:0+s)?$/.exec(text) ?? []
  const periodMs = (Number(hours) * 60 + Number(minutes)) * minuteMs
  if (periodMs === 0)
    return invalid(
      text,
      'needs a duration of whole minutes, at least one, after @every; for example @every 1h30m',
    )
  const anchorMs = Math.floor(createdAtMs / minuteMs) * minuteMs
  return { kind: 'Valid', schedule: { kind: 'Every', periodMs, anchorMs } }
}

function cron(text: string, timeZone: string): Parsed {
  const values = text.split(/\s+/)
  if (values.length !== parts.length)
    return invalid(
      text,
      `has ${values.length} ${values.length === 1 ? 'field' : 'fields'}, but needs five: ${parts.join(', ')}; there is none for seconds, and a time zone goes into spec.timeZone; ${example}`,
    )
  const wrong = values.map(fieldProblem).find((problem) => problem !== undefined)
  if (wrong !== undefined) return invalid(text, `has ${wrong}; ${example}`)
  const fields = values.join(' ')
  try {
    const expression = cronFrom(fields, 0)
    expression.next()
    const everyHour = expression.fields.hour.values.length === 24
    return { kind: 'Valid', schedule: { kind: 'Cron', fields, timeZone, everyHour } }
  } catch {
    return invalid(text, `never comes: no such month has a day ${values[2] ?? ''}; ${example}`)
  }
}

const value = '([0-9]{1,2}|[A-Za-z]{3})'
const item = new RegExp(`^([*]|${value}(-${value})?)(/[0-9]{1,2})?$`)

function fieldProblem(field: string, index: number): string | undefined {
  const what = `the ${parts[index] ?? ''} "${field}"`
  const unlike = field.split(',').find((each) => !item.test(each))
  if (unlike !== undefined)
    return `${what}, which is not a list of numbers, ranges, * and steps, as */15 or 1-5`
  const largest = largestSteps[index] ?? 0
  const steps = [...field.matchAll(/[/]([0-9]+)/g)].map(([, step]) => Number(step))
  if (steps.some((step) => step > largest)) return `${what}, whose step is larger than ${largest}`
  try {
    cronFrom(parts.map((_, other) => (other === index ? field : '*')).join(' '), 0)
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `${what}, which is wrong: ${reason.replace(/^.*error, /, '')}`
  }
}
