// Mutants of the right to accept writes, and of the grants that keep it.
import type { Mutant } from './mutant.ts'

const lease = 'instance/lease.ts'
const right = 'instance/reign/right.ts'
const heard = 'instance/reign/heard.ts'

export const rightMutants: readonly Mutant[] = [
  {
    name: 'late heartbeat heard',
    rule: '§3.6 terms that a witness heard do not fall back',
    file: heard,
    find: 'granted.epoch === epoch && granted.beat >= beat',
    replace: 'granted.epoch === epoch && granted.beat > 1e9',
    killedBy: {
      test: 'test/instance/reign/heard.test.ts',
      title: 'that comes late does not bring back the terms of an earlier one',
    },
  },
  {
    name: 'no fence on lapse',
    rule: '§3.4 kept alive only by reads and grants',
    file: lease,
    find: '        await engine.refuseWrites(true)\n        this.lapsedEpoch',
    replace: '        this.lapsedEpoch',
    killedBy: {
      test: 'test/simulation/families/rights.test.ts',
      title: 'a read counts from its sending, however late the answer',
    },
  },
  {
    name: 'right from the end of the live read',
    rule: '§3.3 the right starts when the read started',
    file: 'instance/opening.ts',
    find: 'lease.begin(epoch, term, readStartedMs)',
    replace: 'lease.begin(epoch, term, clock.nowMs())',
    killedBy: {
      test: 'test/simulation/families/opening.test.ts',
      title: 'the right starts when the live read started',
    },
  },
  {
    name: 'grants counted from the answer',
    rule: '§3.4 counted from sending',
    file: lease,
    find: 'held.right = granted(held.right, uid, sentMs)',
    replace: 'held.right = granted(held.right, uid, parts.clock.nowMs())',
    killedBy: {
      test: 'test/simulation/families/rights.test.ts',
      title: 'a grant counts from the sending of the heartbeat, however late the answer',
    },
  },
  {
    name: 'reads counted from the answer',
    rule: '§3.4 counted from sending',
    file: lease,
    find: 'held.right = renewed(held.right, readMs)',
    replace: 'held.right = renewed(held.right, Math.max(readMs, parts.clock.nowMs()))',
    killedBy: {
      test: 'test/simulation/families/rights.test.ts',
      title: 'a read counts from its sending, however late the answer',
    },
  },
  {
    name: 'read that names another renews',
    rule: '§3.4 an own API read that found itself target',
    file: lease,
    find: 'reign.targetPrimaryUID === config.podUid && reign.primaryEpoch === epoch\n',
    replace: "reign.targetPrimaryUID !== ''\n",
    killedBy: {
      test: 'test/simulation/families/rights.test.ts',
      title: 'a read that names another, or finds a higher promise on the Pod of another, renews nothing',
    },
  },
  {
    name: 'read renews against a promise shown',
    rule: '§5 the target has known a higher epoch, shown on its Pod',
    file: lease,
    find: 'return (isTarget || stays) && !superseded',
    replace: 'return (isTarget || stays) && (!superseded || superseded)',
    killedBy: {
      test: 'test/simulation/families/rights.test.ts',
      title: 'a read that names another, or finds a higher promise on the Pod of another, renews nothing',
    },
  },
  {
    name: 'superseded ignored',
    rule: '§3.4 superseded beats any read: it promises and fences',
    file: lease,
    find: '      else onSuperseded(answer.epoch, answer.target)\n',
    replace: '      else if (epoch < 0) onSuperseded(answer.epoch, answer.target)\n',
    killedBy: {
      test: 'test/simulation/families/rights.test.ts',
      title: 'a peer that has promised a higher epoch ends the right at once, without the API',
    },
  },
  {
    name: 'granted against a promise',
    rule: '§2 superseded is a peer’s no',
    file: heard,
    find: 'const superseded = state.seen > epoch ||',
    replace: 'const superseded = state.seen < 0 ||',
    killedBy: {
      test: 'test/instance/reign/heard.test.ts',
      title: 'below the promise is superseded, and no grant',
    },
  },
  {
    name: 'granted to another of the same epoch',
    rule: '§2 promise: epoch → target',
    file: heard,
    find: '(state.seen === epoch && state.seenTarget !== target)',
    replace: '(state.seen < 0 && state.seenTarget !== target)',
    killedBy: {
      test: 'test/instance/reign/heard.test.ts',
      title: 'of the promised epoch by another than its target is superseded',
    },
  },
  {
    name: 'grant not remembered',
    rule: '§5 Expired: their last grant',
    file: heard,
    find: 'if (superseded || isLate(heard.granted, heartbeat)) return',
    replace: 'if (superseded || nowMs > 0) return',
    killedBy: {
      test: 'test/instance/reign/heard.test.ts',
      title: 'is granted by whoever has promised nothing above, and remembered',
    },
  },
  {
    name: 'grants one short',
    rule: '§3.4 granted by q − 1 other members',
    file: right,
    find: '[grantsNeeded(term) - 1] ?? -Infinity',
    replace: '[Math.max(0, grantsNeeded(term) - 2)] ?? -Infinity',
    killedBy: {
      test: 'test/instance/reign/right.test.ts',
      title: 'lasts from the sending of the heartbeats that q − 1 others granted for peerTimeout',
    },
  },
  {
    name: 'grants of non-members counted',
    rule: '§3.4 other members',
    file: right,
    find: 'term.members.filter((uid) => uid !== own)',
    replace: 'Object.keys(grantedAtMs).filter((uid) => uid !== own)',
    killedBy: {
      test: 'test/instance/reign/right.test.ts',
      title: 'counts grants of members only',
    },
  },
]
