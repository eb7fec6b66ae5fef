// Mutants of the way to open: claim, live read, last look.
import type { Mutant } from './mutant.ts'

const opening = 'instance/opening.ts'
const engine = 'instance/engine.ts'
const claim = 'instance/reign/claim.ts'

export const openingMutants: readonly Mutant[] = [
  {
    name: 'unknown opening goes on',
    rule: '§3.3 outcome unknown → SIGKILL',
    file: engine,
    find: "      await this.kill('it is not known whether it became primary')\n",
    replace: '      this.writableEpoch = 0\n',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'a redis-server of which it is not known whether it opened is killed',
    },
  },
  {
    name: 'refused claim ignored',
    rule: '§3.3 claim e on the own Pod with a compare',
    file: opening,
    find: '  if (refused) return refused\n  const startedMs',
    replace: '  const startedMs',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'an epoch that another process of its Pod has claimed is spent',
    },
  },
  {
    name: 'claim without a compare',
    rule: '§3.3 … with a compare',
    file: opening,
    find: 'annotateOwnPod(values, resourceVersion)',
    replace: 'annotateOwnPod(values)',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'a claim never takes the place of a higher one, whenever that is made',
    },
  },
  {
    name: 'claimed epoch used again',
    rule: '§3.3 already ≥ e there: the epoch is spent',
    file: opening,
    find: 'return ours ? undefined : refuse(',
    replace: 'return ours || held === epoch ? undefined : refuse(',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'an epoch that another process of its Pod has claimed is spent',
    },
  },
  {
    name: 'no live read',
    rule: '§3.3 go on only as target, by a live read',
    file: opening,
    find: '    checkLiveRead(read, config.podUid, epoch, proofs) ??\n',
    replace: '    (proofs.length < 0 ? checkLiveRead(read, config.podUid, epoch, proofs) : undefined) ??\n',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'what the API does not say does not count, whoever promises it',
    },
  },
  {
    name: 'stale live read',
    rule: '§3.3 that read is younger than 1 s',
    file: opening,
    find: 'const freshReadMs = 1000',
    replace: 'const freshReadMs = 1_000_000',
    killedBy: {
      test: 'test/instance/promotion.test.ts',
      title: 'opens nothing while the live read is open, nor on one that is too old',
    },
  },
  {
    name: 'not the target',
    rule: '§3.3 only as target (own UID, e)',
    file: claim,
    find: 'if (targetPrimaryUID !== own || primaryEpoch !== epoch) {',
    replace: 'if (targetPrimaryUID === undefined || primaryEpoch === 0) {',
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'refuses when the API names another, or another epoch',
    },
  },
  {
    name: 'rival claim ignored',
    rule: '§3.3 with no other claim ≥ e',
    file: claim,
    find: '  if (rival) return refuse(',
    replace: '  if (rival && epoch < 0) return refuse(',
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'refuses when another Pod claims this epoch or a higher one',
    },
  },
  {
    name: 'door not spent before it opens',
    rule: '§3.1 in one stretch: spent on disk before it opens',
    file: opening,
    find: 'state: { ...allowed.state, openedEpoch: epoch }',
    replace: 'state: allowed.state',
  },
  {
    name: 'promise made meanwhile ignored',
    rule: '§3.3 right before REPLICAOF NO ONE: seen is still e',
    file: opening,
    find: '  if (opening.mustObey() > epoch)\n',
    replace: '  if (opening.mustObey() < 0)\n',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'a promise that the disk did not take keeps the door shut all the same',
    },
  },
  {
    name: 'less than was chosen',
    rule: '§6 Promote carries atLeast',
    file: opening,
    find: '  if (lacking) return lacking\n',
    replace: '  if (lacking && epoch < 0) return lacking\n',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'a copy that holds less than was chosen, or restarted since, does not open',
    },
  },
  {
    name: 'wiped volume forgets its claim',
    rule: '§3.1 only a higher epoch opens the door again',
    file: 'instance/life.ts',
    find: '    await this.recallClaim()\n',
    replace: '    if (signal.aborted) await this.recallClaim()\n',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'a wiped volume learns from its Pod what was claimed',
    },
  },
]
