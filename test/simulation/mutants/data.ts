// Mutants of what is known of the data: marker, position, restart; and of the watchdog and the wake-up.
import type { Mutant } from './mutant.ts'

const position = 'instance/position.ts'
const status = 'instance/status.ts'

export const dataMutants: readonly Mutant[] = [
  {
    name: 'marker ignored',
    rule: '§3.7 marker in the data',
    file: status,
    find: '(markedEpoch ?? recorded)',
    replace: '(markedEpoch === undefined ? recorded : state.dataEpoch)',
    killedBy: {
      test: 'test/instance/status.test.ts',
      title: 'is the reign that the data tell, whatever is recorded beside them',
    },
  },
  {
    name: 'marker not written',
    rule: '§3.7 the new primary writes cluster UID and epoch',
    file: 'instance/engine.ts',
    find: 'if ((await control.readMark(this.clusterUID)) !== epoch) await control.mark(this.clusterUID, epoch)',
    replace: 'await control.readMark(this.clusterUID)',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'a stream of its own begins with no offset of the one before',
    },
  },
  {
    name: 'empty by the record beside it',
    rule: '§3.7 a file beside the data lies',
    file: status,
    find: 'const recorded = info?.keys === 0 ? 0 : state.dataEpoch',
    replace: 'const recorded = state.dataEpoch',
    killedBy: {
      test: 'test/instance/status.test.ts',
      title: 'is no reign when there are none, whatever is recorded beside them',
    },
  },
  {
    name: 'empty by the number of keys',
    rule: '§3.7 empty means no marker, never DBSIZE 0',
    file: status,
    find: 'empty: dataEpoch === 0 && info?.keys === 0',
    replace: 'empty: info?.keys === 0',
    killedBy: {
      test: 'test/instance/status.test.ts',
      title: 'is not “empty” while the marker is there, however few keys there are',
    },
  },
  {
    name: 'restarted copy takes itself for whole',
    rule: '§2 unrestarted: in sync since redis-server last started',
    file: status,
    find: 'restarted: syncedEpoch === 0',
    replace: 'restarted: syncedEpoch < 0',
    killedBy: {
      test: 'test/instance/status.test.ts',
      title: 'is “restarted” until it was in sync, with the offset that was known to be on disk',
    },
  },
  {
    name: 'in sync before it is',
    rule: '§2 unrestarted: in sync with a primary',
    file: 'instance/engine.ts',
    find: 'return upstream.epoch > 0 && follows && info.linkUp &&',
    replace: 'return upstream.epoch > 0 && follows &&',
    killedBy: {
      test: 'test/simulation/families/promising.test.ts',
      title: 'a copy that restarted is whole only once it has been in sync again',
    },
  },
  {
    name: 'rewrite not awaited',
    rule: '§2 whole: first sync done and the AOF rewrite after it',
    file: position,
    find: ' || !info.aofSettled) return false',
    replace: ') return false',
    killedBy: {
      test: 'test/instance/position.test.ts',
      title: 'is nothing new while the files may hold the data from before the sync',
    },
  },
  {
    name: 'offset before it is on disk',
    rule: '§3.7 (offset, AOF size) known to be on disk',
    file: position,
    find: 'const surelySyncedMs = 2000',
    replace: 'const surelySyncedMs = 0',
    killedBy: {
      test: 'test/instance/position.test.ts',
      title: 'is an offset only once it is old enough to be on disk',
    },
  },
  {
    name: 'offset carried over by a follower',
    rule: '§3.7 an offset counts in the stream of its own epoch',
    file: position,
    find: '(joined ? 0 : undefined)',
    replace: 'undefined',
    killedBy: {
      test: 'test/instance/position.test.ts',
      title: 'is no offset of the stream before',
    },
  },
  {
    name: 'offset carried over by a primary',
    rule: '§3.7 an offset counts in the stream of its own epoch',
    file: 'instance/instance.ts',
    find: 'dataEpoch: epoch, offsetBytes: 0, foreign: false',
    replace: 'dataEpoch: epoch, foreign: false',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'a stream of its own begins with no offset of the one before',
    },
  },
  {
    name: 'starts as a replica of an older reign',
    rule: '§3.1 starts as a replica of an acknowledged primary or of nobody',
    file: 'instance/reign/boot.ts',
    find: 'if (primary.epoch < state.seen || primary.epoch < state.dataEpoch) return nobody',
    replace: 'if (primary.epoch < 0) return nobody',
    killedBy: {
      test: 'test/instance/reign/boot.test.ts',
      title: 'follows nobody of a lower reign than its promise or its data',
    },
  },
  {
    name: 'watchdog off',
    rule: '§3.5 a watchdog kills redis-server when PID 1 is silent',
    file: 'test/simulation/host.ts',
    find: 'const watchdogMs = 1200',
    replace: 'const watchdogMs = 1_000_000',
    killedBy: {
      test: 'test/simulation/families/stalls.test.ts',
      title: 'a redis-server whose PID 1 stalls writes on, and is dead before a successor opens',
    },
  },
  {
    name: 'nobody is woken up',
    rule: '§3.8 on a transition it patches an annotation of its own Pod',
    file: 'instance/wake-up.ts',
    find: 'if (api === undefined || pending) return',
    replace: 'if (api === undefined || pending || count > 0) return',
    killedBy: {
      test: 'test/instance/wake-up.test.ts',
      title:
        'patches an annotation of the own Pod to a value it never had, once for several at the same moment',
    },
  },
]
