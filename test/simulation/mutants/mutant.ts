// A mutant: the shipped code without one rule of the failover protocol. Somebody must notice.

export interface Mutant {
  readonly name: string
  /** What the protocol says, and this mutant does not do; with its section. */
  readonly rule: string
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** For what random schedules rarely or never meet, because another rule covers it too. */
  readonly killedBy?: NamedTest
}

export interface NamedTest {
  readonly test: string
  readonly title: string
}
