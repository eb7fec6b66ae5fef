// What happens to nodes and volumes, on the stand-ins: drains, maintenance, growth, loss.
import { describe } from 'node:test'
import { play } from './play.ts'
import { places } from './scenarios.ts'

/** Some times of what they take together on a slow machine. */
const timeout = 600_000

describe('a node or a volume', { timeout }, () => {
  play(places, 150)
})
