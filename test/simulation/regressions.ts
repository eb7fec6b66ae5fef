// Seeds that are always run, each with why. A seed means another schedule as soon as the model draws its chances in another
// order: what must stay found belongs into a directed family, too.

export interface Regression {
  readonly seed: number
  readonly reason: string
}

export const regressions: readonly Regression[] = [
  { seed: 7, reason: 'a primary that promises without a fence would be one of two' },
  { seed: 11, reason: 'whoever is believed to serve without a look would never be replaced' },
  { seed: 14, reason: 'a right that lapses without a fence would leave two primaries' },
  { seed: 38, reason: 'a cluster wakes up without the data of the one that stopped last: a person decides' },
  { seed: 400322, reason: 'the last replica ends before it was told that it does not count any more' },
  { seed: 1002902, reason: 'a repeated sync comes late, when all has long been calm' },
  { seed: 3002198, reason: 'a target loses its disk: what is told is of the copy that holds most' },
]
