// Applies changed files to a running redis-server: users and passwords at once, directives as far as Redis allows.
import { mounts } from './api.ts'
import type { Config } from './config.ts'
import type { Engine } from './engine.ts'
import {
  applyDirectives,
  givenAtStart,
  type Given as GivenDirectives,
  type Outcome,
} from './live-directives.ts'
import { applyAcl } from './live-users.ts'
import type { Log, SettingsSource } from './parts.ts'
import { directivesOf } from './redis/conf.ts'
import { writeUsers, type Passwords } from './redis/users.ts'
import { readSettings, type Settings } from './settings.ts'

export interface SettingsReport extends Outcome {
  readonly hash: string
}

/** Plain polling: a mount is swapped through links, which file watches miss. The files are a few kilobytes in memory. */
const refreshMs = 1000

/** As much as a status holds. */
const mostTold = 64

/** What one redis-server was given. */
interface Given {
  /** What it was started with. */
  readonly started: Settings
  /** What it has answered to last, in full. */
  applied: Settings
  readonly directives: GivenDirectives
  outcome: Outcome
  /** Of the application's own users. */
  refusedUsers: readonly string[]
}

export class LiveSettings implements SettingsSource {
  private readonly config: Config
  private readonly engine: Engine
  private readonly log: Log
  private given: Given | undefined
  private lookedAtMs = -Infinity

  constructor(config: Config, engine: Engine, log: Log) {
    this.config = config
    this.engine = engine
    this.log = log
  }

  /** As the files are now; remembered as what redis-server is started with. */
  async current(): Promise<Settings> {
    const started = await this.read()
    // The application's own users are given to it with the next look.
    this.lookedAtMs = -Infinity
    const directives = givenAtStart(directivesOf(started.configText))
    this.given = {
      started,
      // It starts without the application's own users.
      applied: { ...started, acl: undefined },
      directives,
      outcome: { needsRestart: [], refused: [] },
      refusedUsers: [],
    }
    return started
  }

  /** Looks at the files, at most every second, and applies what changed. */
  async refresh(): Promise<void> {
    if (performance.now() - this.lookedAtMs < refreshMs || this.engine.seen().state !== 'running') return
    this.lookedAtMs = performance.now()
    try {
      if (this.given) await this.apply(this.given, await this.read())
    } catch (error) {
      this.log.warn({ err: error }, 'changed settings could not be applied; trying again')
    }
  }

  report(): SettingsReport {
    const { applied, outcome, refusedUsers = [] } = this.given ?? {}
    const refused = [...(outcome?.refused ?? []), ...refusedUsers].slice(0, mostTold)
    return { hash: applied?.configHash ?? '', needsRestart: outcome?.needsRestart ?? [], refused }
  }

  private read(): Promise<Settings> {
    return readSettings(this.config.root, this.config.cluster !== undefined)
  }

  /** What it did not answer to is not applied, and comes again with the next look. */
  private async apply(given: Given, next: Settings): Promise<void> {
    if (!samePasswords(given.applied.passwords, next.passwords)) {
      await this.applyUsers(next.passwords)
      given.applied = { ...given.applied, passwords: next.passwords }
    }
    if (given.applied.acl !== next.acl) {
      given.refusedUsers = await applyAcl(this.engine.control(), next.acl)
      given.applied = { ...given.applied, acl: next.acl }
      this.log.info({ refused: given.refusedUsers }, "the application's own users are in force")
    }
    if (given.applied.configText !== next.configText) {
      const started = directivesOf(given.started.configText)
      const wanted = directivesOf(next.configText)
      given.outcome = await applyDirectives(this.engine.control(), started, wanted, given.directives)
      this.log.info({ hash: next.configHash, ...given.outcome }, 'changed directives are in force')
    }
    given.applied = next
  }

  /** Users first in the file, then in memory; the own connection must know its new password before it needs it. */
  private async applyUsers(passwords: Passwords): Promise<void> {
    const control = this.engine.control()
    await writeUsers(this.config.root + mounts.run, passwords)
    control.usePassword(passwords.instance)
    await control.setPasswords(passwords)
    this.log.info('changed passwords are in force')
  }
}

function samePasswords(a: Passwords, b: Passwords): boolean {
  return a.application === b.application && a.replication === b.replication && a.instance === b.instance
}
