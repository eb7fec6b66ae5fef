// Mutants of the salvage copy: when there is one, and when there is none.
import type { Mutant } from './mutant.ts'

export const salvageMutants: readonly Mutant[] = [
  {
    name: 'no copy of what cannot be compared',
    rule: 'a restarted primary may hold more than its successor',
    file: 'instance/reign/salvage.ts',
    find: "isOwnReign(state) ? { kind: 'Possible' } : { kind: 'None' }",
    replace: "{ kind: 'None' }",
  },
  {
    name: 'no copy before redis-server starts as a replica',
    rule: 'the copy exists before the full sync can begin',
    file: 'instance/life.ts',
    find: '      await this.salvage.before(upstream, undefined)\n',
    replace: '',
    killedBy: {
      test: 'test/instance/salvage.test.ts',
      title: 'keeps them also when redis-server starts as a replica of it',
    },
  },
  {
    name: 'the end of a reign is forgotten',
    rule: 'a planned move leaves no copy',
    file: 'instance/salvage.ts',
    find: 'if (ending?.epoch !== openedEpoch)',
    replace: 'if (ending?.epoch === -1)',
    killedBy: {
      test: 'test/simulation/families/salvage.test.ts',
      title: 'a planned move leaves no copy, whether its Pod stays or goes',
    },
  },
  {
    name: 'a later copy of the same reign',
    rule: 'the files may hold other data by then',
    file: 'instance/salvage.ts',
    find: '    if (this.shelved.copy?.epoch === epoch) return\n',
    replace: '',
    killedBy: {
      test: 'test/instance/salvage-files.test.ts',
      title: 'is kept once: later there may be other data in the files',
    },
  },
]
