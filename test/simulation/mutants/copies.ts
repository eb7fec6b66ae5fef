// Mutants of choosing the copy.
import type { Mutant } from './mutant.ts'

const file = 'hooks/rediscluster/copies.ts'

export const copies: readonly Mutant[] = [
  {
    name: 'rank by offset first',
    rule: '§6 data epoch, then offset within the same history',
    file,
    find: '  if (a.dataEpoch !== b.dataEpoch) return a.dataEpoch > b.dataEpoch\n',
    replace: '',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'goes by data epoch, then by offset, then unrestarted before restarted, then by ordinal',
    },
  },
  {
    name: 'rank by ordinal alone',
    rule: '§6 rank',
    file,
    find: '    .sort(byRank)\n',
    replace: '    .sort((a, b) => a.instance.ordinal - b.instance.ordinal)\n',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'goes by data epoch, then by offset, then unrestarted before restarted, then by ordinal',
    },
  },
  {
    name: 'confirmation count ignored',
    rule: '§6 at least n − k frozen copies are not ahead of it',
    file,
    find: 'if (notAhead < needed) return',
    replace: 'if (notAhead < 0) return',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'by n − k frozen copies that are not ahead, itself included',
    },
  },
  {
    name: 'confirmation one short',
    rule: '§6 at least n − k, not n − k − 1',
    file,
    find: 'const needed = members.length - minSyncReplicas',
    replace: 'const needed = members.length - minSyncReplicas - 1',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'by n − k frozen copies that are not ahead, itself included',
    },
  },
  {
    name: 'restarted copy confirmed',
    rule: '§6 the target is unrestarted',
    file,
    find: 'if (copy.status.restarted) return',
    replace: 'if (copy.status.restarted && copy.instance.ordinal < 0) return',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'not when it restarted, nor with data of an earlier reign than the newest',
    },
  },
  {
    name: 'restarted copies counted',
    rule: '§6 n − k frozen, unrestarted copies',
    file,
    find: '!status.restarted && !status.syncInProgress',
    replace: '!status.syncInProgress',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'not by copies that restarted, or are in a full sync',
    },
  },
  {
    name: 'syncing copies counted',
    rule: '§6 none in a full sync',
    file,
    find: '!status.restarted && !status.syncInProgress',
    replace: '!status.restarted',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'not by copies that restarted, or are in a full sync',
    },
  },
  {
    name: 'moving copies counted',
    rule: '§6 frozen copies',
    file,
    find: 'const isFrozen = ({ status }: Copy): boolean => status.seen >= epoch',
    replace: 'const isFrozen = ({ status }: Copy): boolean => status.seen >= 0 * epoch',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'not by copies that have not promised',
    },
  },
  {
    name: 'moving ghosts counted',
    rule: '§6 frozen copies',
    file,
    find: 'isFrozen(ghost) && !ghost.status.foreign',
    replace: '!ghost.status.foreign',
    killedBy: {
      test: 'test/hooks/rediscluster/counts.test.ts',
      title: 'hears the last primary also when its process outlived its Pod',
    },
  },
  {
    name: 'strangers counted',
    rule: '§3.6 members, not whoever answers',
    file,
    find: 'still.filter(({ instance }) => members.includes(instance.uid))',
    replace: 'still',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'not by copies that are no members',
    },
  },
  {
    name: 'older reign confirmed',
    rule: '§6 of the newest data epoch reported',
    file,
    find: 'if (copy.status.dataEpoch < newest)\n',
    replace: 'if (copy.status.dataEpoch < 0 * newest)\n',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'not when it restarted, nor with data of an earlier reign than the newest',
    },
  },
  {
    name: 'not all awaited',
    rule: '§6 every desired Pod answers frozen',
    file,
    find: 'if (absent.length > 0) return',
    replace: 'if (absent.length > 64) return',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'waits for every desired Pod',
    },
  },
  {
    name: 'longer copy passed over',
    rule: '§6 every desired Pod …, and none is ahead',
    file,
    find: 'if (ahead) return',
    replace: 'if (ahead && epoch < 0) return',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'gives way to one that is ahead',
    },
  },
  {
    name: 'empty copies accepted',
    rule: '§4 Stuck: status knows an epoch and every copy is empty',
    file,
    find: 'return newestReign(facts) > 0 && frozen',
    replace: 'return newestReign(facts) < 0 && frozen',
    killedBy: {
      test: 'test/hooks/rediscluster/copies.test.ts',
      title: 'is never promoted when all are empty, although the cluster had data',
    },
  },
]
