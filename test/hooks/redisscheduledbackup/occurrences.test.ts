// When a schedule is due: all forms, all kinds of clocks, against a clock that is read minute by minute.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseSchedule, type Schedule } from '../../../hooks/redisscheduledbackup/cron.ts'
import { newestUpTo, nextAfter } from '../../../hooks/redisscheduledbackup/occurrences.ts'
import { anyOf, places, readOff, shownFaces, someList, star, type Field } from '../../support/clock-faces.ts'

const created = '2026-01-15T10:20:37Z'

function scheduleOf(text: string, timeZone = 'UTC'): Schedule {
  const parsed = parseSchedule(text, timeZone, Date.parse(created))
  assert.equal(parsed.kind, 'Valid', JSON.stringify(parsed))
  return (parsed as { schedule: Schedule }).schedule
}

const text = (ms: number): string => new Date(ms).toISOString().replace(':00.000Z', 'Z')

function nextOnes(schedule: Schedule, from: string, count: number): readonly string[] {
  const times: number[] = []
  for (let at = Date.parse(from); times.length < count; times.push(at)) at = nextAfter(schedule, at)
  return times.map(text)
}

describe('the forms of a schedule', () => {
  const forms: readonly (readonly [string, readonly string[]])[] = [
    ['0 3 * * *', ['2026-01-16T03:00Z', '2026-01-17T03:00Z']],
    ['*/15 * * * *', ['2026-01-15T10:30Z', '2026-01-15T10:45Z']],
    ['5,35 9-17/4 * * *', ['2026-01-15T13:05Z', '2026-01-15T13:35Z']],
    ['0 3 * * MON-FRI', ['2026-01-16T03:00Z', '2026-01-19T03:00Z']],
    ['0 3 * * 7', ['2026-01-18T03:00Z', '2026-01-25T03:00Z']],
    ['0 3 1,15 * sun', ['2026-01-18T03:00Z', '2026-01-25T03:00Z']],
    ['0 0 29 2 *', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['0 0 31 * *', ['2026-01-31T00:00Z', '2026-03-31T00:00Z']],
    ['@hourly', ['2026-01-15T11:00Z', '2026-01-15T12:00Z']],
    ['@daily', ['2026-01-16T00:00Z', '2026-01-17T00:00Z']],
    ['@midnight', ['2026-01-16T00:00Z', '2026-01-17T00:00Z']],
    ['@weekly', ['2026-01-18T00:00Z', '2026-01-25T00:00Z']],
    ['@monthly', ['2026-02-01T00:00Z', '2026-03-01T00:00Z']],
    ['@yearly', ['2027-01-01T00:00Z', '2028-01-01T00:00Z']],
    ['@annually', ['2027-01-01T00:00Z', '2028-01-01T00:00Z']],
    ['@every 1h30m', ['2026-01-15T11:50Z', '2026-01-15T13:20Z']],
    ['@every 90m0s', ['2026-01-15T11:50Z', '2026-01-15T13:20Z']],
  ]
  for (const [form, times] of forms)
    it(`${form} is due at ${times.join(', ')}`, () => {
      const schedule = scheduleOf(form)
      assert.deepEqual(nextOnes(schedule, created, 2), times)
      const second = Date.parse(times[1] ?? '')
      assert.equal(newestUpTo(schedule, second), second)
      assert.equal(text(newestUpTo(schedule, second - 1) ?? 0), times[0])
    })

  it('@every is not due before its first period is over', () => {
    const schedule = scheduleOf('@every 6h')
    assert.equal(newestUpTo(schedule, Date.parse('2026-01-15T16:19:59Z')), undefined)
    assert.equal(nextAfter(schedule, Date.parse('2025-01-01T00:00Z')), Date.parse('2026-01-15T16:20Z'))
  })
})

describe('a schedule that is refused', () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      '61 * * * *',
      'UTC',
      /^schedule "61 \* \* \* \*" has the minute "61", which is wrong: got value 61 expected range 0-59; for example "0 3/,
    ],
    ['0 25 * * *', 'UTC', /has the hour "25"/],
    ['0 3 0 * *', 'UTC', /has the day of month "0"/],
    ['0 3 * 13 *', 'UTC', /has the month "13"/],
    ['0 3 * * 8', 'UTC', /has the day of week "8"/],
    ['0 3 * * monday', 'UTC', /the day of week "monday", which is not a list/],
    ['0 3 * * foo', 'UTC', /the day of week "foo", which is wrong: cannot resolve alias "foo"/],
    ['0 22-2 * * *', 'UTC', /the hour "22-2", which is wrong/],
    ['*/0 * * * *', 'UTC', /the minute "\*\/0", which is wrong/],
    ['*/90 * * * *', 'UTC', /the minute "\*\/90", whose step is larger than 59/],
    ['H 3 * * *', 'UTC', /the minute "H", which is not a list/],
    ['0 3 L * *', 'UTC', /the day of month "L", which is not a list/],
    ['0 3 ? * *', 'UTC', /the day of month "\?"/],
    ['1.5 3 * * *', 'UTC', /the minute "1.5"/],
    ['0 3 * *', 'UTC', /has 4 fields, but needs five: minute, hour, .*for example "0 3 \* \* \*"/],
    ['0 0 3 * * *', 'UTC', /has 6 fields, .*none for seconds/],
    ['CRON_TZ=Europe/Berlin 0 3 * * *', 'UTC', /a time zone goes into spec.timeZone/],
    ['0 0 31 2 *', 'UTC', /never comes: no such month has a day 31/],
    ['0 0 30-31 2 *', 'UTC', /never comes/],
    ['0 0 31 4,6 *', 'UTC', /never comes/],
    ['@fortnightly', 'UTC', /is not known; there are @hourly, .*as @every 6h/],
    ['@secondly', 'UTC', /is not known/],
    ['@every 90s', 'UTC', /needs a duration of whole minutes.*for example @every 1h30m/],
    ['@every 0m', 'UTC', /needs a duration/],
    ['@every', 'UTC', /needs a duration/],
    [
      '0 3 * * *',
      'Mars/Phobos',
      /^timeZone "Mars\/Phobos" is not the IANA name .* for example Europe\/Berlin/,
    ],
    ['0 3 * * *', 'local', /timeZone "local" is not/],
    ['0 3 * * *', 'utc+3', /timeZone "utc\+3" is not/],
    ['0 3 * * *', '+03:00', /timeZone "\+03:00" is not/],
  ]
  for (const [form, timeZone, message] of refused)
    it(`${form} in ${timeZone} is told what is wrong`, () => {
      const parsed = parseSchedule(form, timeZone, 0)
      assert.equal(parsed.kind, 'Invalid')
      assert.match((parsed as { message: string }).message, message)
    })
})

describe('clocks that change', () => {
  const changes: readonly (readonly [string, string, string, string, readonly string[]])[] = [
    [
      'skips 02:30: due when they go on',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'skips two times: due once',
      '*/30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:00Z'],
    ],
    [
      'shows 02:30 twice: due the first time',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'is asked while it shows it again',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-25T01:15Z',
      ['2026-10-26T01:30Z'],
    ],
    [
      'goes on every hour, forth',
      '0 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:30Z',
      ['2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    ],
    [
      'goes on every hour, and back',
      '0 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:30Z',
      ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z', '2026-10-25T03:00Z'],
    ],
    [
      'skips 02:30: due when they go on',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00Z',
      ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
    ],
    [
      'shows 01:30 twice: due the first time',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'skips midnight',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00Z',
      ['2026-09-06T04:00Z', '2026-09-07T03:00Z'],
    ],
    [
      'shows the last hour of a day twice',
      '30 23 * * *',
      'America/Santiago',
      '2026-04-04T12:00Z',
      ['2026-04-05T02:30Z', '2026-04-06T03:30Z'],
    ],
    [
      'is set back by half an hour',
      '0 * * * *',
      'Australia/Lord_Howe',
      '2026-04-04T13:30Z',
      ['2026-04-04T14:00Z', '2026-04-04T15:30Z', '2026-04-04T16:30Z'],
    ],
    ['lives without changes', '0 3 * * *', 'Asia/Kolkata', '2026-01-15T10:20Z', ['2026-01-15T21:30Z']],
    [
      'skipped a day',
      '0 12 * * *',
      'Pacific/Apia',
      '2011-12-29T12:00Z',
      ['2011-12-29T22:00Z', '2011-12-30T10:00Z', '2011-12-30T22:00Z'],
    ],
  ]
  for (const [what, form, timeZone, from, times] of changes)
    it(`${timeZone} ${what} (${form})`, () => {
      const schedule = scheduleOf(form, timeZone)
      assert.deepEqual(nextOnes(schedule, from, times.length), times)
      const before = times.slice(1).map((time) => newestUpTo(schedule, Date.parse(time) - 1) ?? 0)
      assert.deepEqual(before.map(text), times.slice(0, -1))
    })
})

describe('properties of the times', () => {
  const clocks = places.map((place) => [place, shownFaces(place)] as const)
  const steps = (from: number, to: number): fc.Arbitrary<Field> =>
    fc.constantFrom(1, 2, 3, 5).map((step) => star(from, to, step))
  const nightly = fc.integer({ min: -1, max: 3 }).map((hour) => (hour + 24) % 24)
  const cases = fc.record({
    place: fc.nat(places.length - 1),
    minute: fc.oneof(steps(0, 59), someList(0, 59)),
    hour: fc.oneof(
      steps(0, 23),
      someList(0, 23),
      nightly.map((hour) => ({ text: `${hour}`, values: [hour] })),
    ),
    day: fc.oneof(fc.constant(anyOf(1, 31)), someList(1, 31)),
    weekday: fc.oneof(fc.constant(anyOf(0, 6)), someList(0, 6)),
    start: fc.integer({ min: 1, max: 5759 }),
  })

  it('are those that are read off the clocks, wherever one starts to look', () => {
    fc.assert(
      fc.property(cases, ({ place, minute, hour, day, weekday, start }) => {
        const [[timeZone] = ['UTC'], faces = []] = clocks[place] ?? []
        const schedule = scheduleOf(`${minute.text} ${hour.text} ${day.text} * ${weekday.text}`, timeZone)
        const times = readOff(faces, [minute, hour, day, weekday])
        const at = faces[start]?.[0] ?? 0
        const wanted = times.find((time) => time > at)
        const next = nextAfter(schedule, at)
        if (wanted === undefined) assert.ok(next > (faces.at(-1)?.[0] ?? 0), text(next))
        else assert.equal(text(next), text(wanted))
        const newest = newestUpTo(schedule, at) ?? 0
        const before = times.findLast((time) => time <= at)
        if (before === undefined) assert.ok(newest < (faces[0]?.[0] ?? 0), text(newest))
        else assert.equal(text(newest), text(before))
      }),
      { numRuns: 500 },
    )
  })
})
