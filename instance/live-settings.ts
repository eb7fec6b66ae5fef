// Applies changed files to a running redis-server: users and passwords at once, directives as far as Redis allows.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mounts } from './api.ts'
import type { Config } from './config.ts'
import type { Engine } from './engine.ts'
import type { Log, SettingsSource } from './parts.ts'
import { directivesOf, usersFileName } from './redis/conf.ts'
import type { RedisControl } from './redis/control.ts'
import { renderUsers, type Passwords } from './redis/users.ts'
import { readSettings, type Settings } from './settings.ts'

export interface SettingsReport {
  readonly hash: string
  readonly needsRestart: string[]
  readonly refused: string[]
}

type Outcome = Pick<SettingsReport, 'needsRestart' | 'refused'>

/** Plain polling: a mount is swapped through links, which file watches miss. The files are a few kilobytes in memory. */
const refreshMs = 1000

export class LiveSettings implements SettingsSource {
  private readonly config: Config
  private readonly engine: Engine
  private readonly log: Log
  /** What redis-server was started with, and what is in force now. */
  private started: Settings | undefined
  private applied: Settings | undefined
  private outcome: Outcome = { needsRestart: [], refused: [] }
  private lookedAtMs = 0

  constructor(config: Config, engine: Engine, log: Log) {
    this.config = config
    this.engine = engine
    this.log = log
  }

  /** As the files are now; remembered as what redis-server is started with. */
  async current(): Promise<Settings> {
    const settings = await this.read()
    this.started = this.applied = settings
    this.outcome = { needsRestart: [], refused: [] }
    return settings
  }

  /** Looks at the files, at most every second, and applies what changed. */
  async refresh(): Promise<void> {
    if (performance.now() - this.lookedAtMs < refreshMs || this.engine.seen().state !== 'running') return
    this.lookedAtMs = performance.now()
    try {
      await this.apply(await this.read())
    } catch (error) {
      this.log.warn({ err: error }, 'changed settings could not be applied; trying again')
    }
  }

  report(): SettingsReport {
    return { hash: this.applied?.configHash ?? '', ...this.outcome }
  }

  controlToken(): string | undefined {
    return this.applied?.controlToken
  }

  private read(): Promise<Settings> {
    return readSettings(this.config.root, this.config.cluster !== undefined)
  }

  private async apply(next: Settings): Promise<void> {
    const { applied, started } = this
    if (applied === undefined || started === undefined) return
    if (!samePasswords(applied.passwords, next.passwords)) await this.applyUsers(next.passwords)
    if (applied.configText !== next.configText) {
      this.outcome = await applyDirectives(this.engine.control(), started.configText, next.configText)
      this.log.info({ hash: next.configHash, ...this.outcome }, 'changed directives are in force')
    }
    this.applied = next
  }

  /** Users first in the file, then in memory; the own connection must know its new password before it needs it. */
  private async applyUsers(passwords: Passwords): Promise<void> {
    const control = this.engine.control()
    await writeFile(join(this.config.root + mounts.run, usersFileName), renderUsers(passwords), {
      mode: 0o600,
    })
    control.usePassword(passwords.instance)
    await control.setPasswords(passwords)
    this.log.info('changed passwords are in force')
  }
}

/** Against what redis-server was started with: a directive that was put back needs no restart any more. */
async function applyDirectives(
  control: RedisControl,
  startedText: string,
  nextText: string,
): Promise<Outcome> {
  const started = directivesOf(startedText)
  const next = directivesOf(nextText)
  const needsRestart = [...started.keys()]
    .filter((directive) => !next.has(directive))
    .map((directive) => `${directive} (removed)`)
  const refused: string[] = []
  for (const [directive, value] of next) {
    const problem = await problemWith(control, directive, value)
    if (problem === undefined) continue
    if (!/immutable/i.test(problem)) refused.push(`${directive}: ${problem}`.slice(0, 512))
    else if (started.get(directive) !== value) needsRestart.push(directive)
  }
  return { needsRestart, refused }
}

async function problemWith(
  control: RedisControl,
  directive: string,
  value: string,
): Promise<string | undefined> {
  try {
    await control.configSet(directive, value)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'no answer'
  }
}

function samePasswords(a: Passwords, b: Passwords): boolean {
  return a.application === b.application && a.replication === b.replication && a.instance === b.instance
}
