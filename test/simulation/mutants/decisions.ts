// Mutants of what the hook does: naming, fencing, handing over, installing, following.
import type { Mutant } from './mutant.ts'

const primary = 'hooks/rediscluster/primary.ts'
const reign = 'hooks/rediscluster/reign.ts'
const succession = 'hooks/rediscluster/succession.ts'
const commands = 'hooks/rediscluster/commands.ts'
const facts = 'hooks/rediscluster/facts.ts'

export const decisions: readonly Mutant[] = [
  {
    name: 'epoch reused',
    rule: '§2 an epoch is 1 + the highest that anybody knows',
    file: facts,
    find: 'return Math.max(0, currentEpoch, primaryEpoch,',
    replace: 'return -1 + Math.max(1, currentEpoch, primaryEpoch,',
  },
  {
    name: 'epoch by status alone',
    rule: '§2 … every report, every Pod annotation',
    file: facts,
    find: '...contenders.map((contender) => contender.epoch), ...known)',
    replace: '...known.slice(0, 0))',
    killedBy: {
      test: 'test/hooks/rediscluster/primary.test.ts',
      title: 'Orphaned: names the best copy above every epoch that anybody knows',
    },
  },
  {
    name: 'birth without everybody',
    rule: '§4 Unborn, Orphaned: wait for all desired Pods',
    file: primary,
    find: "return situation.missing.length > 0 ? { kind: 'Wait' } : nameBest(facts)",
    replace: 'return nameBest(facts)',
    killedBy: {
      test: 'test/hooks/rediscluster/primary.test.ts',
      title: 'Unborn: waits until every desired Pod answers',
    },
  },
  {
    name: 'serving without looking',
    rule: '§4 Serving: it answers as primary; Displaced: an election like any other',
    file: reign,
    find: 'if (status.writable && status.openedEpoch === epoch)\n',
    replace: 'if (status.openedEpoch === epoch)\n',
  },
  {
    name: 'unreachable for ever',
    rule: '§4 Unreachable: wait, at most unreachableSeconds',
    file: reign,
    find: 'return forSeconds < unreachableSeconds\n',
    replace: 'return forSeconds < Infinity\n',
    killedBy: {
      test: 'test/hooks/rediscluster/primary.test.ts',
      title: 'Unreachable: waits while a member still grants the primary, and then shuns it',
    },
  },
  {
    name: 'grants of a dead Pod believed',
    rule: '§4 Unreachable: still granted by peers, until just now',
    file: reign,
    find: '&& status.grant.seconds < facts.patience.delaySeconds',
    replace: '&& status.grant.seconds < Infinity',
    killedBy: {
      test: 'test/hooks/rediscluster/primary.test.ts',
      title: 'Lost: a grant from before the silence keeps nobody alive',
    },
  },
  {
    name: 'hung for ever',
    rule: '§4 Hung: its server answers, redis-server has not for hungSeconds',
    file: reign,
    find: 'return silentSeconds < facts.patience.hungSeconds\n',
    replace: 'return silentSeconds < Infinity\n',
    killedBy: {
      test: 'test/hooks/rediscluster/primary.test.ts',
      title: 'Hung: waits, then names another',
    },
  },
  {
    name: 'fences for nobody',
    rule: '§4 Fencing: send the fences',
    file: commands,
    find: "situation.kind === 'Fencing' || situation.kind === 'SuccessorBlinking' ? fences(facts) : []",
    replace: "situation.kind === 'SuccessorBlinking' ? fences(facts) : []",
    killedBy: {
      test: 'test/hooks/rediscluster/sync.test.ts',
      title: 'fences go to everybody who has not promised, the silent ones and ghosts included',
    },
  },
  {
    name: 'commands before the target is read back',
    rule: '§1 a command only for a target read back from status',
    file: commands,
    find: 'if (!isReadBack(facts)) return []',
    replace: '',
    killedBy: {
      test: 'test/hooks/rediscluster/sync.test.ts',
      title: 'a promise ahead of the status sends nothing until the status has caught up',
    },
  },
  {
    name: 'promises not awaited',
    rule: '§6 the copy is chosen after the promises',
    file: succession,
    find: '[...missingPromises(facts, epoch), ...missingProofs(facts, epoch, uid)]',
    replace: 'missingProofs(facts, epoch, uid)',
    killedBy: {
      test: 'test/hooks/rediscluster/succession.test.ts',
      title: 'Fencing: waits for promises and says whose are missing',
    },
  },
  {
    name: 'proofs not awaited',
    rule: '§4 HandingOver: proofs in hand',
    file: succession,
    find: '[...missingPromises(facts, epoch), ...missingProofs(facts, epoch, uid)]',
    replace: 'missingPromises(facts, epoch)',
    killedBy: {
      test: 'test/hooks/rediscluster/succession.test.ts',
      title: 'Fencing: waits for a proof against the old primary however silent it is',
    },
  },
  {
    name: 'another claim ignored',
    rule: '§4 Taken: another Pod claims ≥ primaryEpoch',
    file: succession,
    find: "if (taken !== undefined) return { kind: 'Taken', reason: taken }",
    replace: '',
    killedBy: {
      test: 'test/hooks/rediscluster/succession.test.ts',
      title: 'Taken: a promise of this epoch to another target forces a higher one',
    },
  },
  {
    name: 'target spent, and named on',
    rule: '§4 SuccessorUnfit: fenced, spent, terminating',
    file: succession,
    find: 'unfitness(target) ?? spentReason(target, epoch)',
    replace: 'unfitness(target)',
    killedBy: {
      test: 'test/hooks/rediscluster/succession.test.ts',
      title: 'SuccessorUnfit: a target that was writable for this epoch never opens it again',
    },
  },
  {
    name: 'successor awaited for ever',
    rule: '§4 SuccessorBlinking: after failoverDelay Name another',
    file: succession,
    find: "'SuccessorBlinking') >= facts.patience.delaySeconds",
    replace: "'SuccessorBlinking') >= Infinity",
    killedBy: {
      test: 'test/hooks/rediscluster/succession.test.ts',
      title: 'SuccessorBlinking: waits, then names another',
    },
  },
  {
    name: 'install unseen',
    rule: '§1 Install records a seen fact',
    file: succession,
    find: 'if (status.writable && status.openedEpoch === epoch) return',
    replace: 'if (status.seen >= epoch) return',
  },
  {
    name: 'status believed',
    rule: '§2 any staleness: what instances hold on disk outranks status',
    file: facts,
    find: 'const reign = advancedReign(recorded, instances)',
    replace: 'const reign: Reign = advancedReign(recorded, instances) && recorded',
    killedBy: {
      test: 'test/hooks/rediscluster/primary.test.ts',
      title: 'a status that is one answer old does not disturb the primary that was elected meanwhile',
    },
  },
  {
    name: 'follower of an older reign',
    rule: '§3.1 obeys nothing lower; its data would be replaced',
    file: commands,
    find: '    status.seen <= epoch &&\n    status.dataEpoch <= epoch\n',
    replace: "    status.podUID !== ''\n",
    killedBy: {
      test: 'test/hooks/rediscluster/sync.test.ts',
      title: 'a copy of a later reign is never told to follow an older one',
    },
  },
]
