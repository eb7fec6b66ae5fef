// Backups and restores on the stand-ins, and what is killed in the middle of them.
import { describe } from 'node:test'
import { backupFaults } from './backup-faults.ts'
import { backups } from './backups.ts'
import { play } from './play.ts'

/** Some times of what they take together on a slow machine. */
const timeout = 400_000

describe('a backup', { timeout }, () => {
  play([...backups, ...backupFaults], 190)
})
