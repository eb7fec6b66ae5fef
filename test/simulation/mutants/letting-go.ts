// Mutants of letting a term go: who must have been told, who counts as gone, and what must be acknowledged before.
import type { Mutant } from './mutant.ts'

const lease = 'instance/lease.ts'
const right = 'instance/reign/right.ts'
const gone = 'hooks/rediscluster/gone.ts'

const lettingGo = (title: string) => ({ test: 'test/instance/reign/right.test.ts', title })
const members = (title: string) => ({ test: 'test/hooks/rediscluster/gone.test.ts', title })
const families = (title: string) => ({ test: 'test/simulation/families/gone.test.ts', title })
const numbers = (title: string) => ({ test: 'test/simulation/families/numbers.test.ts', title })

export const lettingGoMutants: readonly Mutant[] = [
  {
    name: 'a term is let go untold',
    rule: '§3.6 whoever counts over the old term alone must meet somebody who was told of the new one',
    file: lease,
    find: '{ sinceMs: held.heldSinceMs, gone:',
    replace: '{ sinceMs: -Infinity, gone: used.members ??',
    killedBy: families('a term stays in use while those who know it alone could count the primary out'),
  },
  {
    name: 'an old answer shows who holds the last write',
    rule: '§3.6 reported once k replicas have acknowledged the offset held at adoption',
    file: lease,
    find: '    if (askedAtMs < held.heldSinceMs) return\n',
    replace: '    if (askedAtMs < -Infinity) return\n',
    killedBy: numbers(
      'k is raised while redis-server stands still: what it said before does not show who holds the last writes',
    ),
  },
  {
    name: 'those who are gone are waited for',
    rule: 'nobody speaks for one that is gone',
    file: right,
    find: 'term.members.filter((uid) => isTold(uid) || silenced.includes(uid))',
    replace: 'term.members.filter((uid) => isTold(uid) || silenced.length < 0)',
    killedBy: families(
      'more than half are gone for good, and fewer are wanted: those who are left count without them',
    ),
  },
  {
    name: 'former members are strangers',
    rule: 'who came before a member does not stand for it',
    file: lease,
    find: 'if (!held.former.includes(uid)) held.asked.add(uid)',
    replace: 'if (!held.former.includes(String())) held.asked.add(uid)',
    killedBy: families('the last replica is gone for good in the middle of a removal'),
  },
  {
    name: 'gone, and counted by a newcomer',
    rule: 'a newcomer stands for one that left, and nobody is counted twice',
    file: right,
    find: '!coming.includes(uid) && !silenced.includes(uid)',
    replace: '!coming.includes(uid)',
    killedBy: lettingGo('but nobody is counted twice, as gone and by a newcomer'),
  },
  {
    name: 'each of many newcomers stands for one that left',
    rule: 'who of the newcomers holds its volume is not known',
    file: right,
    find: ' - Math.max(0, newcomers.length - leaving.length)\n',
    replace: ' - Math.max(0, newcomers.length - leaving.length - newcomers.length)\n',
    killedBy: lettingGo('also when newcomers were told who may stand for those that left, each for one'),
  },
  {
    name: 'a primary tells itself',
    rule: 'who came for one that left is no witness of its own next term',
    file: right,
    find: 'uid !== own && (right.grantedAtMs',
    replace: 'uid === own || (right.grantedAtMs',
    killedBy: lettingGo('and by a primary that came itself for one that left: it tells nobody by that'),
  },
  {
    name: 'a stranger speaks for one that is gone',
    rule: 'who heard of the old term alone may hold its volume',
    file: right,
    find: '[...asked].every((uid) => isMember(uid) || isTold(uid)) ? gone : []',
    replace: '[...asked].every((uid) => uid !== String()) ? gone : []',
    killedBy: lettingGo('and nobody is gone while a stranger who was not told may stand for it'),
  },
  {
    name: 'gone while a Pod is silent',
    rule: 'only its own word says whose volume a Pod holds',
    file: gone,
    find: 'statusOf(instance)?.volume.locked !== true',
    replace: 'statusOf(instance)?.volume.locked === false',
    killedBy: members('not while some Pod does not say whose volume it has'),
  },
  {
    name: 'gone while another holds its volume',
    rule: 'that one must be told',
    file: gone,
    find: '!facts.instances.some((instance) => standsFor(instance, uid))',
    replace: '!facts.instances.every((instance) => standsFor(instance, uid))',
    killedBy: members('not while another holds its volume: that one is told instead'),
  },
  {
    name: 'gone before the next term is written down',
    rule: 'who comes later must be told of both',
    file: gone,
    find: 'terms.every((term) => shown.includes(termKey(term)))',
    replace: 'terms.every((term) => shown.length >= 0 || termKey(term))',
    killedBy: members(
      'when the Pod of the primary shows both terms, in this reign: who comes later is told of both',
    ),
  },
  {
    name: 'gone in an earlier reign',
    rule: 'a Pod that came since may have heard of the old term alone',
    file: gone,
    find: 'claimedEpoch === reign.currentEpoch && ',
    replace: 'claimedEpoch <= (reign.currentEpoch ?? 0) && ',
    killedBy: members(
      'when the Pod of the primary shows both terms, in this reign: who comes later is told of both',
    ),
  },
  {
    name: 'joined while one that has stopped leaves',
    rule: 'who holds still may still count the primary out: nobody stands for it',
    file: 'hooks/rediscluster/terms.ts',
    find: 'staying.length < used.members.length ? first.slice(0, gone.length) : first',
    replace: 'gone.length > 0 ? first.slice(0, gone.length) : first',
    killedBy: {
      test: 'test/hooks/rediscluster/terms.test.ts',
      title: 'let nobody join while one that has stopped leaves, for it may still count the primary out',
    },
  },
]
