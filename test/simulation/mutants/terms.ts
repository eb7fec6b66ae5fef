// Mutants of terms, on both sides, and of attaching.
import type { Mutant } from './mutant.ts'

const lease = 'instance/lease.ts'
const right = 'instance/reign/right.ts'
const terms = 'instance/reign/terms.ts'
const ballot = 'instance/ballot.ts'
const hookTerms = 'hooks/rediscluster/terms.ts'

export const termMutants: readonly Mutant[] = [
  {
    name: 'right by one of two terms',
    rule: '§3.6 every grant satisfies every term',
    file: right,
    find: 'return Math.min(...terms',
    replace: 'return Math.max(...terms',
    killedBy: {
      test: 'test/instance/reign/right.test.ts',
      title: 'needs every term that is held',
    },
  },
  {
    name: 'term not written first',
    rule: '§3.6 after writing both on its own Pod',
    file: lease,
    find: '      await this.writeTerms(next)\n',
    replace:
      '      void this.options.api.annotateOwnPod({ [instanceAnnotations.epoch]: String(held.epoch) }).catch(() => undefined)\n',
    killedBy: {
      test: 'test/simulation/families/rights.test.ts',
      title: 'a new term is on the own Pod before it is held, and stays there while it is used',
    },
  },
  {
    name: 'term used before it is acknowledged',
    rule: '§3.6 reported only once k replicas have acknowledged',
    file: terms,
    find: 'return Math.min(Math.max(used.minSyncReplicas, next.minSyncReplicas), staying.length)',
    replace: 'return Math.min(0, staying.length)',
    killedBy: {
      test: 'test/instance/reign/terms.test.ts',
      title: 'counts once k of those who stay have acknowledged, or all of them when they are fewer',
    },
  },
  {
    name: 'term from a list that does not know it',
    rule: '§3.6 only from a list that also contains the one it uses',
    file: terms,
    find: 'const isFirst = first !== undefined && isSame(first, used)',
    replace: 'const isFirst = first !== undefined',
    killedBy: {
      test: 'test/instance/reign/terms.test.ts',
      title: 'is taken over only from a list that also contains the one in use',
    },
  },
  {
    name: 'terms of an earlier reign kept',
    rule: '§3.6 promotion resets that',
    file: 'instance/opening.ts',
    find: '[instanceAnnotations.epoch]: String(epoch), [instanceAnnotations.terms]: null',
    replace: '[instanceAnnotations.epoch]: String(epoch)',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title:
        'the target claims the epoch, forgets the terms of earlier reigns, and spends the door before it opens',
    },
  },
  {
    name: 'attached before it is a member',
    rule: '§3.6 a Pod attaches once a one-term list contains it',
    file: ballot,
    find: 'terms !== undefined && terms.length > 0 && terms.every(',
    replace: 'terms !== undefined && terms.length > 0 && terms.some(',
    killedBy: {
      test: 'test/instance/reign/terms.test.ts',
      title: 'lets a Pod attach once every term has it as a member',
    },
  },
  {
    name: 'attached to whomever it likes',
    rule: '§3.6 a non-member does not attach',
    file: ballot,
    find: 'terms !== undefined && terms.length > 0 && terms.every(',
    replace: 'terms === undefined || uid !== String() || terms.every(',
    killedBy: {
      test: 'test/instance/reign/terms.test.ts',
      title: 'lets a Pod attach once every term has it as a member',
    },
  },
  {
    name: 'absent members leave',
    rule: '§3.6 a member leaves only when Gone',
    file: hookTerms,
    find: 'used.members.filter((uid) => isGone(uid, facts) !== undefined)',
    replace: 'used.members.filter((uid) => !facts.instances.some((instance) => instance.uid === uid))',
    killedBy: {
      test: 'test/hooks/rediscluster/terms.test.ts',
      title: 'keep a member that is absent, until it is gone for good',
    },
  },
  {
    name: 'term of the primary overruled',
    rule: '§3.6 if status lacks the reported term, that is the whole list',
    file: hookTerms,
    find: 'return used === undefined || listed.some((term) => isSame(term, used)) ? listed : [used]',
    replace: 'return used === undefined || listed.length > 0 ? listed : [used]',
    killedBy: {
      test: 'test/hooks/rediscluster/terms.test.ts',
      title: 'that do not know the one a successor uses are replaced by it before it is installed',
    },
  },
  {
    name: 'two changes at a time',
    rule: '§3.6 one change at a time',
    file: hookTerms,
    find: 'return { ...used, members }\n',
    replace: 'return { ...used, ...wantedNumbers(facts, members.length), members }\n',
    killedBy: {
      test: 'test/hooks/rediscluster/terms.test.ts',
      title: 'change one thing at a time: members before k',
    },
  },
  {
    name: 'new term at once',
    rule: '§3.6 old and new while it changes',
    file: hookTerms,
    find: '[used] : [used, wanted]',
    replace: '[used] : [wanted]',
    killedBy: {
      test: 'test/hooks/rediscluster/terms.test.ts',
      title: 'are the old and the new one until the primary uses the new one',
    },
  },
  {
    name: 'terms written without a compare',
    rule: '§3.6 after writing both on its own Pod: a late write hides no newer one',
    file: 'instance/lease.ts',
    find: 'await api.annotateOwnPod(value, pod.resourceVersion)',
    replace: 'await api.annotateOwnPod(value)',
    killedBy: {
      test: 'test/simulation/families/fallback.test.ts',
      title: 'a write of terms that arrives late hides none that was made since, when terms fall back',
    },
  },
  {
    name: 'fewer replicas are asked for when members are gone',
    rule: 'writes that fewer replicas would hold than were asked for are refused',
    file: 'hooks/rediscluster/terms.ts',
    find: 'Math.max(usedK, members - 1)',
    replace: 'members - 1',
    killedBy: {
      test: 'test/hooks/rediscluster/terms.test.ts',
      title: 'ask for as many replicas as before when members are gone, and for more only as they come',
    },
  },
]
