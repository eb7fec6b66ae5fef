// Mutants of the proof Expired, and of every proof as the instance checks it again before it opens.
import type { Mutant } from './mutant.ts'

const expired = 'hooks/rediscluster/expired.ts'
const ballot = 'instance/ballot.ts'
const claim = 'instance/reign/claim.ts'

export const expiredMutants: readonly Mutant[] = [
  {
    name: 'Expired without being shunned',
    rule: '§5 Expired: the target is shown for apiServerTimeout + margin',
    file: ballot,
    find: 'return Math.max(0, ...against.map(({ seconds }) => seconds))',
    replace: 'return Math.max(3600, ...against.map(({ seconds }) => seconds))',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'waits until the target has been shown for apiServerTimeout and margin',
    },
  },
  {
    name: 'shunned by an equal epoch',
    rule: '§5 Expired: an epoch above the contender’s that names somebody else',
    file: ballot,
    find: 'epoch > contender.epoch && target !== contender.uid',
    replace: 'epoch >= 0',
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'a promise of no higher epoch, or to the contender itself, shuns nobody',
    },
  },
  {
    name: 'Expired without margin',
    rule: '§8 margin',
    file: ballot,
    find: 'marginSeconds = 1.5',
    replace: 'marginSeconds = 0',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'the margin covers the kill, the tick and the drift of clocks',
    },
  },
  {
    name: 'Expired with a witness too few',
    rule: '§5 Expired: n − q + 1 other members',
    file: ballot,
    find: 'term.members.length - grantsNeeded(term)\n',
    replace: 'term.members.length - grantsNeeded(term) - 1\n',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'needs n − q + 1 others',
    },
  },
  {
    name: 'witnesses that have not promised',
    rule: '§5 Expired: members are frozen',
    file: expired,
    find: 'status === undefined || status.seen < epoch || !status.volume.locked',
    replace: 'status === undefined || !status.volume.locked',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'needs others that have promised',
    },
  },
  {
    name: 'witnesses that granted just now',
    rule: '§5 Expired: their last grant is older than peerTimeout + margin',
    file: expired,
    find: 'grant.seconds >= outlives(term.peerTimeoutSeconds)',
    replace: 'grant.seconds >= 0 * term.peerTimeoutSeconds',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'waits until the last grant is older than peerTimeout and margin',
    },
  },
  {
    name: 'a witness against itself',
    rule: '§5 Expired: other members',
    file: expired,
    find: 'member !== contender.uid && frozen',
    replace: 'frozen',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'needs others: what the contender says of itself is no witness',
    },
  },
  {
    name: 'Expired in one of two terms',
    rule: '§3.6 every proof satisfies every term in status and on the Pod',
    file: expired,
    find: 'const lapsed = terms?.every(',
    replace: 'const lapsed = terms?.some(',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'must hold in both terms while they change',
    },
  },
  {
    name: 'Expired by status terms alone',
    rule: '§3.6 … and on the contender’s Pod',
    file: 'hooks/rediscluster/terms-in-force.ts',
    find: 'new Map([...listed, ...own].map(',
    replace: 'new Map(listed.map(',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'must hold in the terms on the Pod of the contender too, and in none that cannot be read',
    },
  },
  {
    name: 'Expired where isolation is off',
    rule: '§5 with isolation switched off: Stuck until Gone',
    file: expired,
    find: '    term.isolation &&\n    witnesses',
    replace: '    witnesses',
    killedBy: {
      test: 'test/hooks/rediscluster/expired.test.ts',
      title: 'never holds where isolation is off',
    },
  },
  {
    name: 'opens without proofs',
    rule: '§3.3 every contender covered by a proof in the command',
    file: claim,
    find: '    unproven &&\n',
    replace: '    unproven &&\n    epoch < 0 &&\n',
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'refuses a contender without a proof, also one that only a claim shows',
    },
  },
  {
    name: 'proof of an earlier epoch accepted',
    rule: '§2 its epoch is its highest naming or claim',
    file: claim,
    find: 'uid === contender.uid && epoch >= contender.epoch',
    replace: 'uid === contender.uid && epoch >= 0',
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'refuses a proof for an earlier epoch than that of the contender',
    },
  },
  {
    name: 'Gone not read again',
    rule: '§5 Gone: absent in a live read',
    file: claim,
    find: 'return !read.pods.some(({ uid }) => uid === contender.uid)',
    replace: 'return true',
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'Gone holds only while the Pod is absent',
    },
  },
  {
    name: 'Expired not read again',
    rule: '§3.3 Expired’s second wait is checked again on that read',
    file: claim,
    find: "return proof.kind !== 'Expired' || hasExpired(contender, read, proof)",
    replace: "return proof.kind !== 'Expired' || hasExpired(contender, read, proof) || true",
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'Expired holds only once the own promise has been shown for apiServerTimeout and margin',
    },
  },
  {
    name: 'terms not read again',
    rule: '§3.6 … on the contender’s Pod, read live',
    file: claim,
    find: 'const terms = own && [...(read.reign.terms ?? []), ...own]',
    replace: 'const terms = own && (read.reign.terms ?? [])',
    killedBy: {
      test: 'test/instance/reign/claim.test.ts',
      title: 'Expired must have been counted in every term of the status and of the contender’s Pod',
    },
  },
]
