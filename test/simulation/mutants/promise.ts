// Mutants of the one-way door, the promise and the fence.
import type { Mutant } from './mutant.ts'

const rules = 'instance/reign/rules.ts'
const promises = 'instance/promises.ts'
const engine = 'instance/engine.ts'

export const promiseMutants: readonly Mutant[] = [
  {
    name: 'identity ignored',
    rule: '§2 every command names cluster UID, Pod UID and epoch',
    file: rules,
    find: '  if (own.pod !== named.pod)\n',
    replace: '  if (own.pod === named.cluster)\n',
    killedBy: {
      test: 'test/instance/reign/rules.test.ts',
      title: 'that names another Pod or another cluster is refused',
    },
  },
  {
    name: 'lower epoch obeyed',
    rule: '§2 seen: it obeys nothing lower, for good',
    file: rules,
    find: 'epoch: number, target: string): Refusal | Accepted {\n  if (epoch < state.seen)',
    replace: 'epoch: number, target: string): Refusal | Accepted {\n  if (epoch < 0)',
    killedBy: {
      test: 'test/instance/reign/rules.test.ts',
      title: 'never goes back to a lower epoch',
    },
  },
  {
    name: 'two targets of one epoch',
    rule: '§2 promise: epoch → target',
    file: rules,
    find: 'if (epoch === state.seen && state.seenTarget !== target) {',
    replace: 'if (epoch < 0 && state.seenTarget !== target) {',
    killedBy: {
      test: 'test/instance/reign/rules.test.ts',
      title: 'holds one target for each epoch, and may be repeated',
    },
  },
  {
    name: 'primary follows its own epoch',
    rule: '§3.1 a writable one follows only a higher reign',
    file: rules,
    find: 'if (writable && state.openedEpoch >= epoch) {',
    replace: 'if (writable && state.openedEpoch > epoch) {',
    killedBy: {
      test: 'test/instance/reign/rules.test.ts',
      title: 'of its own epoch is refused by a primary that is writable',
    },
  },
  {
    name: 'door opens twice',
    rule: '§3.1 writable for an epoch at most once',
    file: rules,
    find: 'if (state.openedEpoch >= epoch)\n',
    replace: 'if (state.openedEpoch > epoch)\n',
    killedBy: {
      test: 'test/instance/reign/rules.test.ts',
      title: 'refuses an epoch for which it has been writable before',
    },
  },
  {
    name: 'opens below its promise',
    rule: '§3.3 seen is still e',
    file: rules,
    find: 'own: string): Refusal | Accepted {\n  if (epoch < state.seen)',
    replace: 'own: string): Refusal | Accepted {\n  if (epoch < 0)',
    killedBy: {
      test: 'test/instance/reign/rules.test.ts',
      title: 'refuses an epoch below the promise',
    },
  },
  {
    name: 'opens what it promised to another',
    rule: '§2 promise: epoch → target',
    file: rules,
    find: 'if (epoch === state.seen && state.seenTarget !== own) {',
    replace: 'if (epoch < 0 && state.seenTarget !== own) {',
    killedBy: {
      test: 'test/instance/reign/rules.test.ts',
      title: 'refuses an epoch that is promised to another',
    },
  },
  {
    name: 'promise not durable',
    rule: '§2 promise: on disk before it answers',
    file: 'instance/keeper.ts',
    find: '    await volume.write(next)\n    state = next\n',
    replace: '    state = next\n    void volume.write(next)\n',
    killedBy: {
      test: 'test/instance/keeper.test.ts',
      title: 'resolves, and shows, only once it is on disk',
    },
  },
  {
    name: 'promise answered before it is enforced',
    rule: '§3.2 answers only after redis-server confirmed',
    file: promises,
    find: '    await enforced\n    await this.obey()\n',
    replace: '    void enforced.then(() => this.obey()).catch(() => undefined)\n',
    killedBy: {
      test: 'test/simulation/families/promising.test.ts',
      title: 'a promise is answered, and reported, once redis-server obeys or is dead',
    },
  },
  {
    name: 'seen reported before it is obeyed',
    rule: '§3.2 … or was killed and reaped',
    file: 'instance/status.ts',
    find: 'seen: obeyed.epoch,',
    replace: 'seen: state.seen,',
    killedBy: {
      test: 'test/instance/status.test.ts',
      title: 'is what redis-server obeys already, not what is only on disk',
    },
  },
  {
    name: 'followers not detached',
    rule: '§3.2 it detaches a replica that follows a lower reign',
    file: promises,
    find: 'if (wasWritable || (upstream.epoch > 0 && upstream.epoch < epoch))',
    replace: 'if (wasWritable || (upstream.epoch > 0 && upstream.epoch < 0))',
    killedBy: {
      test: 'test/simulation/families/promising.test.ts',
      title: 'whoever has promised follows nobody of a lower reign any more',
    },
  },
  {
    name: 'promise without a fence',
    rule: '§2 a promise fences',
    file: promises,
    find: 'const wasWritable = writableEpoch > 0 && writableEpoch < epoch',
    replace: 'const wasWritable = writableEpoch > 0 && writableEpoch < 0',
  },
  {
    name: 'position from before the fence',
    rule: '§6 from what the promising copies hold',
    file: 'instance/status.ts',
    find: 'const live = syncedEpoch > 0 && fresh && info !== undefined',
    replace: 'const live = syncedEpoch > 0 && (fresh || !fresh) && info !== undefined',
    killedBy: {
      test: 'test/instance/status.test.ts',
      title: 'has no exact position while redis-server has not answered since it was changed',
    },
  },
  {
    name: 'fence without a deadline',
    rule: '§3.5 not confirmed in 0.8 s: SIGKILL',
    file: engine,
    find: "if (!confirmed) await this.kill('it did not confirm in time that it refuses writes')",
    replace: '',
    killedBy: {
      test: 'test/simulation/families/promising.test.ts',
      title: 'a promise is answered, and reported, once redis-server obeys or is dead',
    },
  },
]
