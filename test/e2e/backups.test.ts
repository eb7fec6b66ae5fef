// The scenarios of backups that need no minute of their own, on the stand-ins; npm run e2e plays all of them, also on the real parts.
import { after, before, describe, it } from 'node:test'
import { backupFaults } from './backup-faults.ts'
import { backups } from './backups.ts'
import { openStage, type Stage } from './stage.ts'

/** Some times of what they take together on a slow machine. */
const timeout = 400_000

describe('on the laptop cluster', { timeout }, () => {
  let stage: Stage | undefined
  before(async () => {
    stage = await openStage({}, `127.${130 + (process.pid % 50)}`)
  })
  after(() => stage?.close())

  for (const { name, run } of [...backups, ...backupFaults]) {
    it(name, async (t) => {
      if (stage === undefined) throw new Error('the cluster did not start')
      t.diagnostic(await run(stage))
    })
  }
})
