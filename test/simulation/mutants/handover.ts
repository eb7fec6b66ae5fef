// Mutants of planned moves: the pause, the equal offset, and who may be fenced meanwhile.
import type { Mutant } from './mutant.ts'

const handover = 'instance/handover.ts'
const families = 'test/simulation/families/handovers.test.ts'
const givenUp = {
  test: families,
  title: 'a successor that cannot catch up is given up, and asked for no second time',
}

export const handoverMutants: readonly Mutant[] = [
  {
    name: 'handed over without a pause',
    rule: '§7 the old primary pauses writes with a deadline',
    file: handover,
    find: 'await engine.control().pauseWrites(pauseMs)',
    replace: 'await Promise.resolve(pauseMs)',
    killedBy: { test: families, title: 'a planned move loses no write at all, and takes one naming' },
  },
  {
    name: 'handed over before it is caught up',
    rule: '§7 … and waits for the successor’s equal offset',
    file: handover,
    find: 'reached >= wanted',
    replace: 'wanted >= 0',
    killedBy: givenUp,
  },
  {
    name: 'writes held back for good',
    rule: '§7 before that point it may abort and stay primary',
    file: handover,
    find: '    .resumeWrites()',
    replace: '    .pauseWrites(60_000)',
    killedBy: {
      test: 'test/instance/handover.test.ts',
      title: 'lets writes go on when the successor falls behind while they wait',
    },
  },
  {
    name: 'planned target promised on reading it',
    rule: '§7 reading a planned target raises no seen and ends no right',
    file: 'instance/instance.ts',
    find: 'if (planned !== undefined) return\n',
    replace: 'if (planned === null) return\n',
    killedBy: givenUp,
  },
  {
    name: 'drained for ever',
    rule: '§4 Draining: after 20 s Name current again',
    file: 'hooks/rediscluster/succession.ts',
    find: '>= drainSeconds',
    replace: '>= drainSeconds * 1000',
    killedBy: givenUp,
  },
  {
    name: 'request carried out again and again',
    rule: '§7 a request is carried out once',
    file: 'hooks/rediscluster/wish.ts',
    find: '|| recorded.switchover === name)',
    replace: '|| recorded.switchover === null)',
    killedBy: givenUp,
  },
  {
    name: 'target promoted although another is ahead',
    rule: '§7 a successor behind the drained offset → election',
    file: 'hooks/rediscluster/succession.ts',
    find: 'return isConfirmed && !isAhead(best.status, target.status)',
    replace: 'return isConfirmed',
    killedBy: {
      test: families,
      title: 'a pause that runs out before the promise is kept costs no write, only another naming',
    },
  },
  {
    name: 'leaves at once',
    rule: '§7 SIGTERM: a planned move like any other',
    file: 'instance/departure.ts',
    find: 'const handoverWaitMs = 15_000',
    replace: 'const handoverWaitMs = 0',
    killedBy: { test: families, title: 'a planned move loses no write at all, and takes one naming' },
  },
]
