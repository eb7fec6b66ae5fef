// Random numbers for tests, the same for the same seed: SEED=1234 repeats a run.

export interface Chance {
  /** In the title of the test. */
  readonly seed: number
  /** At least 0, below 1. */
  next(): number
}

/** Mulberry32. */
export function chance(seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)): Chance {
  let state = seed
  return {
    seed,
    next() {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
