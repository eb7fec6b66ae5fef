// Clocks of several places, read minute by minute, and when a schedule is due by them: nothing here knows of cron-parser.
import fc from 'fast-check'

export interface Field {
  readonly text: string
  readonly values: readonly number[]
}

const every = (from: number, to: number, step = 1): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)

export const star = (from: number, to: number, step: number): Field => ({
  text: step === 1 ? '*' : `*/${step}`,
  values: every(from, to, step),
})
export const someList = (from: number, to: number): fc.Arbitrary<Field> =>
  fc.oneof(
    fc
      .uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 4 })
      .map((values) => ({ text: values.join(','), values })),
    fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to })).map(([a, b]) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      return { text: `${low}-${high}`, values: every(low, high) }
    }),
  )
export const anyOf = (from: number, to: number): Field => star(from, to, 1)

/** Days around a change of the clocks: forth and back, by an hour, by half of one, by two, and none. */
export const places: readonly (readonly [string, string])[] = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['America/Santiago', '2026-09-06'],
  ['America/Santiago', '2026-04-05'],
  ['Antarctica/Troll', '2026-03-29'],
  ['Antarctica/Troll', '2026-10-25'],
  ['Asia/Kolkata', '2026-06-01'],
]
const minuteMs = 60_000

/** What the clocks show, minute by minute, from two days before to two days after. */
export function shownFaces([timeZone, day]: readonly [string, string]): readonly (readonly [
  number,
  number,
])[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const first = Date.parse(`${day}T00:00Z`) - 2880 * minuteMs
  return every(0, 5760).map((minute) => {
    const at = first + minute * minuteMs
    return [at, Date.parse(`${format.format(at).replace(' ', 'T')}Z`)]
  })
}

/** Read off the clock: due when a scheduled face is reached for the first time or skipped, and hourly ones whenever shown. */
export function readOff(
  faces: readonly (readonly [number, number])[],
  fields: readonly Field[],
): readonly number[] {
  const [minutes, hours, days, weekdays] = fields.map(({ values }) => new Set(values))
  const [, hour, day, weekday] = fields
  const isScheduled = (face: number): boolean => {
    const date = new Date(face)
    const byDay = days?.has(date.getUTCDate()) === true
    const byWeekday = weekdays?.has(date.getUTCDay()) === true
    const both = day?.text === '*' || weekday?.text === '*'
    const onDay = both ? byDay && byWeekday : byDay || byWeekday
    return minutes?.has(date.getUTCMinutes()) === true && hours?.has(date.getUTCHours()) === true && onDay
  }
  let reached = (faces[0]?.[1] ?? 0) - minuteMs
  return faces.flatMap(([at, face]) => {
    const fresh = every(0, Math.max(face - reached, 0) / minuteMs - 1).map(
      (index) => reached + (index + 1) * minuteMs,
    )
    reached = Math.max(reached, face)
    const again = hour?.values.length === 24 && isScheduled(face)
    return again || fresh.some(isScheduled) ? [at] : []
  })
}
