// Mutants of removals and rollouts: who stops, who is counted out, whose Pod goes, and when.
import type { Mutant } from './mutant.ts'

const removal = 'hooks/rediscluster/removal.ts'
const rollout = 'hooks/rediscluster/rollout.ts'
const decide = 'hooks/rediscluster/decide.ts'
const rules = 'instance/reign/rules.ts'
const state = 'instance/reign/state.ts'
const hookTerms = 'hooks/rediscluster/terms.ts'

const removals = (title: string) => ({ test: 'test/hooks/rediscluster/removal.test.ts', title })
const rollouts = (title: string) => ({ test: 'test/hooks/rediscluster/rollout.test.ts', title })
const broken = (title: string) => ({ test: 'test/hooks/rediscluster/broken-pods.test.ts', title })
const retiring = (title: string) => ({ test: 'test/instance/reign/rules.test.ts', title })
const scaling = (title: string) => ({ test: 'test/simulation/families/scaling.test.ts', title })

export const scalingMutants: readonly Mutant[] = [
  {
    name: 'removed without stopping',
    rule: 'whoever leaves the counts must acknowledge no write any more',
    file: removal,
    find: "  if (status.retired !== true) return { kind: 'Retire', instance: victim, why }\n",
    replace: '',
    killedBy: removals('is told to stop for good before its Pod goes, the highest ordinal first'),
  },
  {
    name: 'removed while it counts',
    rule: 'its Pod goes when neither the status nor the primary counts it',
    file: removal,
    find: '  return isCounted(facts, primary, victim)\n',
    replace: '  return isCounted(facts, primary, victim) && victim.ordinal < 0\n',
    killedBy: removals('is removed only when counts are made without it, by the status and by the primary'),
  },
  {
    name: 'counted by the status alone',
    rule: 'its Pod goes when neither the status nor the primary counts it',
    file: removal,
    find: '...(used === undefined ? [] : [used])',
    replace: '...(used === undefined ? [] : [])',
    killedBy: removals('is removed only when counts are made without it, by the status and by the primary'),
  },
  {
    name: 'removed although too few stay in sync',
    rule: '§3.6 a planned removal waits until k of the remaining copies are whole and in sync',
    file: removal,
    find: '  if (inSync >= needed) return undefined\n',
    replace: '  if (inSync >= 0) return undefined\n',
    killedBy: removals('stays while too few of the others are in sync, and says so'),
  },
  {
    name: 'silent, so dead',
    rule: 'a poll that failed proves nothing: it may acknowledge writes',
    file: removal,
    find: 'const runs = victim.ready || (',
    replace: 'const runs = (',
    killedBy: removals(
      'stays while it does not answer and kubelet finds it ready: it may acknowledge writes',
    ),
  },
  {
    name: 'an old view of a Pod believed',
    rule: 'a member that shows no address is seen by an old cache',
    file: removal,
    find: ' || (victim.ip === undefined && isCounted(facts, primary, victim))',
    replace: '',
    killedBy: removals('stays while it is counted and its Pod shows no address: that view of it is old'),
  },
  {
    name: 'several leave at once',
    rule: 'one at a time',
    file: removal,
    find: "  if (terminating) return { kind: 'Waiting', reason: `${terminating.name} is leaving` }\n",
    replace: '',
    killedBy: removals('stays while another Pod is leaving'),
  },
  {
    name: 'handed over to one that leaves',
    rule: '§7 a primary that is to be removed hands over to one that stays',
    file: removal,
    find: 'instance.ordinal < facts.spec.instances && isInSync(status, primary)',
    replace: 'instance.ordinal < Infinity && isInSync(status, primary)',
    killedBy: removals('hands over first when it is the primary, to one that stays'),
  },
  {
    name: 'removed under its feet',
    rule: '§7 a primary that is to be removed hands over first',
    file: removal,
    find: '  if (leaves(primary)) return moveAway(facts, primary)\n',
    replace: '',
    killedBy: removals('hands over first when it is the primary, to one that stays'),
  },
  {
    name: 'rolled on while another is unwell',
    rule: '§7 a rollout goes on when all others are ready and in sync',
    file: rollout,
    find: '  if (unwell[0] !== undefined) return unwell[0]\n',
    replace: '',
    killedBy: rollouts(
      'waits for a Pod that is leaving, missing, not ready, silent, not in sync, or far behind',
    ),
  },
  {
    name: 'rolled on while one is missing',
    rule: '§7 one at a time',
    file: rollout,
    find: "  if (gap !== undefined) return { kind: 'Waiting', reason: gap }\n",
    replace: '',
    killedBy: rollouts(
      'waits for a Pod that is leaving, missing, not ready, silent, not in sync, or far behind',
    ),
  },
  {
    name: 'rolled without a handover',
    rule: '§7 the primary hands over before it is replaced',
    file: rollout,
    find: '  if (facts.spec.instances === 1) return replaceAlone(primary, facts)\n',
    replace: '  if (facts.spec.instances > 0) return replaceAlone(primary, facts)\n',
    killedBy: rollouts('hands over to a replica that is as the spec asks, before it is replaced'),
  },
  {
    name: 'what cannot start stays while nobody serves',
    rule: 'a rollback needs no Pod deleted by hand',
    file: decide,
    find: 'return unblocked(facts)',
    replace: "return { kind: 'None' }",
    killedBy: broken(
      'takes away a Pod that cannot start and is not asked for any more, even while nobody serves',
    ),
  },
  {
    name: 'what could start is taken away while nobody serves',
    rule: 'only kubelet says that a Pod cannot start',
    file: rollout,
    find: '      hasNotStarted(instance) &&\n',
    replace: '',
    killedBy: broken(
      'takes away a Pod that cannot start and is not asked for any more, even while nobody serves',
    ),
  },
  {
    name: 'a switchover that waits holds back the rest',
    rule: 'a request that cannot be carried out holds back nothing else',
    file: 'hooks/rediscluster/wish.ts',
    find: "return due.kind === 'Move' ? due : asked",
    replace: "return due.kind === 'Move' && asked.kind === 'None' ? due : asked",
    killedBy: rollouts('is not held back by a switchover that cannot be carried out'),
  },
  {
    name: 'a primary stops for good',
    rule: 'another must take over first',
    file: rules,
    find: 'if (writable || state.seenTarget === own)\n',
    replace: 'if (state.seenTarget === own)\n',
    killedBy: retiring('is refused by whoever accepts writes, or is to'),
  },
  {
    name: 'a target stops for good',
    rule: 'another must take over first',
    file: rules,
    find: 'if (writable || state.seenTarget === own)\n',
    replace: 'if (writable)\n',
    killedBy: retiring('is refused by whoever accepts writes, or is to'),
  },
  {
    name: 'stopped for a reign that is not promised',
    rule: 'it holds still in the reign that it has promised',
    file: rules,
    find: "  if (epoch !== state.seen) return refuse('not-ready', `epoch ${epoch} is not promised here yet`)\n",
    replace: '',
    killedBy: retiring('is for the reign that is promised, neither an earlier nor a later one'),
  },
  {
    name: 'stopped for ever',
    rule: 'a later reign may need what it holds',
    file: state,
    find: 'retired?.pod === own && retired.epoch === seen',
    replace: 'retired?.pod === own && retired.epoch <= seen',
    killedBy: retiring('holds for this Pod, and until a later reign is promised'),
  },
  {
    name: 'stopped with its predecessor',
    rule: 'a new Pod on its volume is another',
    file: state,
    find: 'retired?.pod === own && retired.epoch === seen',
    replace: 'retired !== undefined && own !== String() && retired.epoch === seen',
    killedBy: retiring('holds for this Pod, and until a later reign is promised'),
  },
  {
    name: 'never called back',
    rule: 'a later reign may need what it holds',
    file: 'instance/routine.ts',
    find: '    void life.unretire()\n',
    replace: '',
    killedBy: scaling(
      'the primary fails in the middle of each step: another serves, all that was promised is there, and the removal goes on',
    ),
  },
  {
    name: 'how far it goes is not kept when it stops',
    rule: 'the last write that was acknowledged may be here alone',
    file: 'instance/life.ts',
    find: 'engine.refuseWrites(false))\n    await this.stopEngine()\n',
    replace: 'engine.refuseWrites(false))\n    await this.engine.stop(40_000)\n',
    killedBy: scaling(
      'the last write is acknowledged by the one that stops, and the primary is lost for good',
    ),
  },
  {
    name: 'counted although it has stopped',
    rule: '§3.6 who holds still to be removed leaves the next term',
    file: hookTerms,
    find: ' && !isRetired(uid, facts))',
    replace: ')',
    killedBy: removals('is removed only when counts are made without it, by the status and by the primary'),
  },
  {
    name: 'only those who are wanted are asked',
    rule: '§6 whoever still has a Pod may hold what was acknowledged',
    file: 'hooks/rediscluster/copies.ts',
    find: ', ...facts.instances.map(({ name }) => name)',
    replace: '',
    killedBy: scaling('fewer are wanted while nobody serves: whoever still has a Pod is asked all the same'),
  },
]
