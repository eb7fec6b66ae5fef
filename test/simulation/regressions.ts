// Seeds that are always run, each with why. A seed means another schedule as soon as the model draws its chances in another
// order: what must stay found belongs into a directed family, too.

export interface Regression {
  readonly seed: number
  readonly reason: string
}

export const regressions: readonly Regression[] = [
  { seed: 7, reason: 'a primary that promises without a fence would be one of two' },
  { seed: 9, reason: 'whoever is believed to serve without a look would never be replaced' },
  { seed: 33, reason: 'a right that lapses without a fence would leave two primaries' },
  {
    seed: 381,
    reason: 'an epoch that was promised to another target is named again, under repeated commands',
  },
  { seed: 1356, reason: 'the same while the primary is deaf, then mute' },
]
