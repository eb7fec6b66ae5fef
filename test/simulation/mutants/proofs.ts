// Mutants of contenders, and of the proofs Stopped, Demoted and Gone, as the hooks take them.
import type { Mutant } from './mutant.ts'

const proofs = 'hooks/rediscluster/proofs.ts'
const nextReign = 'hooks/rediscluster/next-reign.ts'
const ballot = 'instance/ballot.ts'

const lastWord = (title: string) => ({ test: 'test/instance/last-word.test.ts', title })

export const proofMutants: readonly Mutant[] = [
  {
    name: 'Stopped without the promise',
    rule: '§5 Stopped: seen ≥ e and redis-server is reaped',
    file: proofs,
    find: 'status.seen < epoch || !status.volume.locked) return undefined',
    replace: '!status.volume.locked) return undefined',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'a stopped redis-server without the promise proves nothing',
    },
  },
  {
    name: 'Stopped without the lock',
    rule: '§5 Stopped: reaped, no orphan of an earlier life runs',
    file: proofs,
    find: 'status.seen < epoch || !status.volume.locked) return undefined',
    replace: 'status.seen < epoch) return undefined',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'no redis-server of its own while another process holds the volume proves nothing',
    },
  },
  {
    name: 'Demoted without the promise',
    rule: '§5 Demoted: it reports seen ≥ e',
    file: proofs,
    find: 'status.seen < epoch || !status.volume.locked || status.writable)',
    replace: '!status.volume.locked || status.writable)',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'a demoted primary that has not promised this epoch proves nothing',
    },
  },
  {
    name: 'Demoted although writable',
    rule: '§5 Demoted: it follows, or refuses writes',
    file: proofs,
    find: "  const follows = status.redis.state === 'running' && status.role === 'slave'\n",
    replace: '  const follows = true\n',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'a hung redis-server proves nothing',
    },
  },
  {
    name: 'Demoted by a lower promise shown',
    rule: '§5 Demoted: its annotation says so for e',
    file: proofs,
    find: '(promised) => promised.epoch > epoch ||',
    replace: '(promised) => promised.epoch > 0 ||',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'a shown promise of a lower epoch, or to another target, proves nothing',
    },
  },
  {
    name: 'Demoted by a promise to itself',
    rule: '§5 Demoted: a promise of e to somebody else',
    file: proofs,
    find: '(promised.epoch === epoch && promised.target === target)',
    replace: 'promised.epoch >= epoch - 1',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'a shown promise of a lower epoch, or to another target, proves nothing',
    },
  },
  {
    name: 'Gone by absence alone',
    rule: '§5 Gone: absent, and kubelet, the lock, or a person says so',
    file: proofs,
    find: "    ? 'Gone'\n    : undefined\n",
    replace: "    ? 'Gone'\n    : 'Gone'\n",
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'an absent Pod proves nothing',
    },
  },
  {
    name: 'Gone while the Pod is there',
    rule: '§5 Gone: its UID is absent',
    file: proofs,
    find: '  if (facts.instances.some((instance) => instance.uid === uid)) return undefined\n',
    replace: '',
    killedBy: {
      test: 'test/hooks/rediscluster/next-reign.test.ts',
      title: 'proves nothing while the Pod is there',
    },
  },
  {
    name: 'successor without the lock',
    rule: '§5 Gone: its successor holds the lock on the same volume',
    file: proofs,
    find: 'volume !== undefined && volume.locked && volume',
    replace: 'volume !== undefined && volume',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'a new Pod that waits for the lock proves nothing',
    },
  },
  {
    name: "kubelet's word forgotten",
    rule: '§5 Gone: status keeps this word until Install',
    file: nextReign,
    find: '    ...(recorded.ended ?? []),\n',
    replace: '    ...(recorded.ended ?? []).slice(0, 0),\n',
    killedBy: {
      test: 'test/hooks/rediscluster/next-reign.test.ts',
      title: 'is remembered after the Pod object is gone, until the next Install',
    },
  },
  {
    name: "kubelet's word of a container that restarts",
    rule: '§5 Gone: terminated while the Pod was being deleted',
    file: 'hooks/rediscluster/facts.ts',
    find: 'ended: terminating && containersEnded(pod)',
    replace: 'ended: containersEnded(pod)',
    killedBy: {
      test: 'test/hooks/rediscluster/next-reign.test.ts',
      title: 'counts only for a Pod that is being deleted: any other container starts again',
    },
  },
  {
    name: 'namings forgotten',
    rule: '§2 a contender is in status.contenders, in a remembered naming',
    file: ballot,
    find: '  return [\n    ...contenders,\n',
    replace: '  return [\n    ...contenders.slice(0, 0),\n',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'every earlier naming of this or a later epoch needs its own proof',
    },
  },
  {
    name: 'claims make no contender',
    rule: '§2 a contender is … or in a claim',
    file: ballot,
    find: '[...namedIn(reign), ...claims]',
    replace: '[...namedIn(reign), ...claims.slice(0, 0)]',
    killedBy: {
      test: 'test/hooks/rediscluster/proofs.test.ts',
      title: 'a claim makes a contender, also one that no status remembers',
    },
  },
  {
    name: 'a last word before the Pod is deleted',
    rule: '§5 Gone: nothing of that Pod will run again',
    file: 'instance/last-word.ts',
    find: 'own?.uid !== config.podUid || !own.deleted',
    replace: 'own?.uid !== config.podUid',
    killedBy: lastWord('is not said when its Pod is not being deleted: it may start again'),
  },
  {
    name: 'grants after its last word',
    rule: '§5 Gone: whoever has ended is no witness any more',
    file: 'instance/admission.ts',
    find: "    if (life.hasEnded) return refuse('not-ready', 'this instance has ended')\n",
    replace: '',
    killedBy: lastWord('is its last: it answers no command and no heartbeat after that'),
  },
  {
    name: 'ended, whoever is heard again',
    rule: '§5 Gone: nothing of that Pod will run again',
    file: 'instance/reign/heard.ts',
    find: 'ended === true ? [...others.slice(1 - mostRemembered), from] : others',
    replace: 'ended === true ? [...others.slice(1 - mostRemembered), from] : heard.ended',
    killedBy: {
      test: 'test/instance/reign/heard.test.ts',
      title: 'is remembered until its sender is heard again',
    },
  },
]
