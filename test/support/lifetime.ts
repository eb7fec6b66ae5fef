// What ends with something else: with a test, or with what is no test.

/** A test is one. */
export interface Lifetime {
  after(end: () => unknown): void
}

export interface OwnLifetime extends Lifetime {
  /** What came last ends first. Everybody who calls this waits for the same end. */
  end(): Promise<void>
}

export function newLifetime(): OwnLifetime {
  const ends: (() => unknown)[] = []
  const endAll = async (): Promise<void> => {
    for (const end of ends.reverse()) await end()
  }
  let ended: Promise<void> | undefined
  return {
    after: (end) => void ends.push(end),
    end: () => (ended ??= endAll()),
  }
}
