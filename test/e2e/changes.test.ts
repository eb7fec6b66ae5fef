// What people change in a cluster that runs, on the stand-ins: rollouts, upgrades, scaling, hibernation.
import { describe } from 'node:test'
import { play } from './play.ts'
import { changes } from './scenarios.ts'

/** Some times of what they take together on a slow machine. */
const timeout = 400_000

describe('a change', { timeout }, () => {
  play(changes, 110)
})
