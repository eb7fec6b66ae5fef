// How fast and in how much memory an instance makes a backup, beside redis-cli on the same data, and what bounds it: the store, or we.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackupMethod } from '../../instance/artifact.ts'
import { newLifetime, type Lifetime } from '../support/lifetime.ts'
import { serveInstance, type MeasuredBackup, type ServedInstance } from './backup/instance.ts'
import { storePlaces, type StorePlace } from './backup/places.ts'
import { plainUpload, redisCli, removeObject } from './backup/yardsticks.ts'
import { fillMixed } from './dataset.ts'
import { figure, type Bench, type Figure } from './figure.ts'

const sizes = { usual: { megabytes: 500, runs: 3 }, quick: { megabytes: 150, runs: 1 } }
const aims = { ratio: 0.7, peakMiB: 48 }
const methods: readonly BackupMethod[] = ['rdb', 'aof']

export const backup: Bench = {
  name: 'backup',
  how: 'MB/s of the dataset as an RDB file, from the request to Completed; sink takes everything and keeps nothing, s3rver is the slow store of the tests',
  async run({ quick, megabytes }) {
    const size = quick ? sizes.quick : sizes.usual
    const life = newLifetime()
    try {
      const stage = await openBackupStage(life, { ...size, megabytes: megabytes ?? size.megabytes })
      const all: Round[] = []
      for (let run = 0; run < stage.runs; run++) all.push(await round(stage, run))
      return figuresOf(stage, all)
    } finally {
      await life.end()
    }
  },
}

interface BackupStage {
  readonly instance: ServedInstance
  readonly places: readonly StorePlace[]
  readonly runs: number
  /** What redis-cli gives. */
  readonly file: string
  readonly megabytes: number
}

interface Round {
  readonly redisCliSeconds: number
  readonly uploadSeconds: Readonly<Record<string, number>>
  /** By method and place. */
  readonly backups: Readonly<Record<string, MeasuredBackup>>
}

async function openBackupStage(
  life: Lifetime,
  { megabytes, runs }: (typeof sizes)['usual'],
): Promise<BackupStage> {
  const folder = mkdtempSync(join(tmpdir(), 'rb-'))
  life.after(() => rmSync(folder, { recursive: true, force: true }))
  const instance = await serveInstance(life, `127.${90 + (process.pid % 30)}.2.1`)
  await fillMixed(instance.redis, megabytes)
  const file = join(folder, 'dump.rdb')
  await redisCli(instance, `> ${file}`)
  const places = await storePlaces(life)
  return { instance, places, runs, file, megabytes: statSync(file).size / 1e6 }
}

/** All of it in turn, so that each has the same machine. */
async function round({ instance, places, file }: BackupStage, run: number): Promise<Round> {
  const redisCliSeconds = await redisCli(instance, '| sha256sum')
  const uploadSeconds: Record<string, number> = {}
  const backups: Record<string, MeasuredBackup> = {}
  for (const place of places) {
    uploadSeconds[place.name] = await plainUpload(place, file)
    for (const method of methods) {
      place.writeCredentials(instance.credentials)
      const request = { backupName: `${place.name}-${method}-${run}`, method }
      const measured = await instance.backUp({ ...request, destination: { s3: place.location } })
      backups[nameOf(method, place)] = measured
      await removeObject(place, measured.report.objectKey)
    }
  }
  return { redisCliSeconds, uploadSeconds, backups }
}

const nameOf = (method: BackupMethod, { name }: StorePlace): string => `${method} to ${name}`

function figuresOf({ places, megabytes }: BackupStage, rounds: readonly Round[]): readonly Figure[] {
  const speed = (what: string, secondsOf: (round: Round) => number): Figure =>
    figure(
      what,
      'MB/s',
      rounds.map((one) => megabytes / secondsOf(one)),
    )
  const names = places.flatMap((place) => methods.map((method) => nameOf(method, place)))
  return [
    figure('the dataset as an RDB file', 'MB', [megabytes]),
    speed('redis-cli --rdb - | sha256sum', ({ redisCliSeconds }) => redisCliSeconds),
    ...places.map(({ name }) =>
      speed(`upload alone to ${name}`, ({ uploadSeconds }) => uploadSeconds[name] ?? 0),
    ),
    ...names.flatMap((name) => backupFigures(name, megabytes, rounds)),
  ]
}

function backupFigures(name: string, megabytes: number, rounds: readonly Round[]): readonly Figure[] {
  const pairs = rounds.flatMap(({ backups, redisCliSeconds }) => {
    const backup = backups[name]
    return backup === undefined ? [] : [{ ...backup, redisCliSeconds }]
  })
  const row = (
    what: string,
    unit: Figure['unit'],
    value: (pair: (typeof pairs)[number]) => number,
    more: Parameters<typeof figure>[3] = {},
  ): Figure => figure(`${name}${what}`, unit, pairs.map(value), more)
  return [
    row('', 's', ({ seconds }) => seconds),
    row(', of them until Redis had written it down', 's', ({ snapshotSeconds }) => snapshotSeconds),
    row('', 'MB/s', ({ seconds }) => megabytes / seconds),
    row(', ratio to redis-cli', '', ({ redisCliSeconds, seconds }) => redisCliSeconds / seconds, {
      aim: aims.ratio,
      aimIs: 'least',
    }),
    row(', CPU of the instance server', 's', ({ cpuSeconds }) => cpuSeconds),
    row(', peak RSS above idle', 'MiB', ({ peakMiB }) => peakMiB, { aim: aims.peakMiB }),
    row(', artifact', 'MB', ({ report }) => (report.backupSize ?? 0) / 1e6),
  ]
}
