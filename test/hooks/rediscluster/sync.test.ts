// Whole syncs: what is returned, kept, gated and repeated, whatever is decided.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubernetesObject } from '../../../metacontroller/contract.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import { labels } from '../../../hooks/rediscluster/names.ts'
import { addressesToPoll, kinds, type Request } from '../../../hooks/rediscluster/observed.ts'
import type { InstanceReports, SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import { customize, sync } from '../../../hooks/rediscluster/sync.ts'
import * as build from '../../support/builders.ts'

const { fenced, image, now, pod, primary, reigning, replica, reports, request, succession, uidOf } = build

const plan = (observed: Request, reported: InstanceReports = {}): SyncPlan =>
  sync(observed, reported, now, build.entropy, { image })
const healthy = (): InstanceReports => reports(primary(0), replica(1), replica(2))
const names = (children: readonly KubernetesObject[], kind: string): readonly string[] =>
  children.filter((child) => child.kind === kind).map((child) => child.metadata.name)
const roles = (children: readonly KubernetesObject[]): readonly string[] =>
  children.filter((child) => child.kind === 'Pod').map((child) => child.metadata.labels?.[labels.role] ?? '')

describe('children', () => {
  it('a new cluster gets everything but Pods, which wait until what they need exists', () => {
    const { children } = plan(request({ pods: [], children: [] }))
    assert.deepEqual(names(children, 'PersistentVolumeClaim'), [
      'cache-data-0',
      'cache-data-1',
      'cache-data-2',
    ])
    assert.deepEqual(names(children, 'Service'), ['cache-leader', 'cache-replica', 'cache-any'])
    assert.deepEqual(names(children, 'Secret'), ['cache-auth', 'cache-control'])
    assert.deepEqual(names(children, 'Pod'), [])
  })

  it('Pods come once ServiceAccount, Role, Secrets, ConfigMap and volumes are observed', () => {
    assert.deepEqual(names(plan(request({ pods: [] })).children, 'Pod'), ['cache-0', 'cache-1', 'cache-2'])
  })

  it('a Pod waits for a Secret that is terminating', () => {
    const all = request({ pods: [] })
    const secrets = all.children[kinds.secret] ?? {}
    const [key = '', secret] = Object.entries(secrets)[1] ?? []
    const terminating = {
      ...secret,
      metadata: { ...secret?.metadata, deletionTimestamp: 'now' },
    } as KubernetesObject
    const observed = {
      ...all,
      children: { ...all.children, [kinds.secret]: { ...secrets, [key]: terminating } },
    }
    assert.deepEqual(names(plan(observed).children, 'Pod'), [])
  })

  it('a live Pod keeps the spec it was created with, whatever the template says now', () => {
    const observed = request({ status: reigning(), spec: { imageName: 'other/image:2' } })
    const pods = plan(observed, healthy()).children.filter((child): child is Pod => child.kind === 'Pod')
    assert.deepEqual(
      pods.map(({ spec }) => spec?.containers[0]?.image),
      Array(3).fill('created/with:this'),
    )
  })

  it('the default image is resolved once and kept', () => {
    const observed = request({ pods: [], status: { image: 'resolved/before:1' } })
    const [first] = plan(observed).children.filter((child): child is Pod => child.kind === 'Pod')
    assert.equal(first?.spec?.containers[0]?.image, 'resolved/before:1')
  })

  it('no PodDisruptionBudget when it is switched off, and the one that exists is deleted with a reason', () => {
    const { children, deletions } = plan(request({ status: reigning() }), healthy())
    assert.deepEqual([names(children, 'PodDisruptionBudget'), deletions], [['cache-pdb'], []])
    const all = request({ status: reigning() })
    const off = { ...all, parent: { ...all.parent, spec: build.spec({ enablePodDisruptionBudget: false }) } }
    const without = plan(off, healthy())
    assert.deepEqual(names(without.children, 'PodDisruptionBudget'), [])
    assert.deepEqual(
      without.deletions.map(({ kind }) => kind),
      ['PodDisruptionBudget'],
    )
  })

  it('a Pod that failed for good is left out once, one at a time', () => {
    const pods = [pod(0), pod(1, { phase: 'Failed' }), pod(2, { phase: 'Failed' })]
    const { children, deletions } = plan(request({ status: reigning(), pods }), healthy())
    assert.deepEqual(names(children, 'Pod'), ['cache-0', 'cache-2'])
    assert.deepEqual(
      deletions.map(({ name }) => name),
      ['cache-1'],
    )
  })

  it('generated passwords are echoed as observed, never made again', () => {
    const observed = request({ status: reigning() })
    const again = sync(observed, healthy(), now, 'f'.repeat(128), { image })
    const secretsOf = (children: readonly KubernetesObject[]): unknown =>
      children.filter(({ kind }) => kind === 'Secret')
    assert.deepEqual(secretsOf(again.children), secretsOf(plan(observed, healthy()).children))
  })

  it('a volume is retained through its namespace, and without one the sync fails rather than lose it', () => {
    const claim = plan(request({ pods: [], children: [] })).children.find(
      ({ kind }) => kind === 'PersistentVolumeClaim',
    )
    assert.deepEqual(claim?.metadata.ownerReferences, [
      { apiVersion: 'v1', kind: 'Namespace', name: 'shop', uid: 'ns1' },
    ])
    assert.throws(
      () => plan({ ...request({ pods: [], children: [] }), related: {} }),
      /Namespace shop is not among/,
    )
  })
})

describe('roles', () => {
  it('the label primary is on the installed primary only', () => {
    assert.deepEqual(roles(plan(request({ status: reigning() }), healthy()).children), [
      'primary',
      'replica',
      'replica',
    ])
  })

  it('nobody is labelled primary from the moment another is named until one is installed', () => {
    const dead = primary(0, 1, {
      writable: false,
      redis: { state: 'stopped', loading: false, silentSeconds: 0 },
    })
    const naming = plan(request({ status: reigning() }), reports(dead, replica(1), replica(2)))
    assert.equal(naming.status.targetPrimary, 'cache-1')
    assert.deepEqual(roles(naming.children), ['replica', 'replica', 'replica'])
    const installing = plan(
      request({ status: succession(1) }),
      reports(fenced(0, 2, 1), primary(1, 2), fenced(2, 2, 1)),
    )
    assert.deepEqual(roles(installing.children), ['replica', 'primary', 'replica'])
    assert.equal(installing.status.currentPrimary, 'cache-1')
  })
})

describe('commands', () => {
  const kindsOf = ({ commands }: SyncPlan): readonly string[] =>
    commands.map(({ kind, to }) => `${kind} ${to.name}`)

  it('naming sends nothing: a command needs a target read back from status', () => {
    const dead = primary(0, 1, {
      writable: false,
      redis: { state: 'stopped', loading: false, silentSeconds: 0 },
    })
    assert.deepEqual(
      kindsOf(plan(request({ status: reigning() }), reports(dead, replica(1), replica(2)))),
      [],
    )
  })

  it('fences go to everybody who has not promised, the silent ones and ghosts included', () => {
    const status = succession(1, {
      contenders: [{ uid: 'ghost', name: 'cache-0', ip: '127.9.9.9', epoch: 1 }],
    })
    const sent = plan(request({ status }), reports(fenced(0, 2, 1), replica(1)))
    assert.deepEqual(kindsOf(sent), ['Fence cache-1', 'Fence cache-2', 'Fence cache-0'])
    assert.equal(sent.commands.at(-1)?.to.ip, '127.9.9.9')
  })

  it('a promise ahead of the status sends nothing until the status has caught up', () => {
    const ahead = [fenced(0, 2, 1), fenced(1, 2, 1), replica(2)]
    assert.deepEqual(kindsOf(plan(request({ status: reigning() }), reports(...ahead))), [])
  })

  it('a replica that follows somebody else is told whom to follow', () => {
    const astray = replica(2, { follows: { host: '127.0.0.1', port: 1 } })
    assert.deepEqual(
      kindsOf(plan(request({ status: reigning() }), reports(primary(0), replica(1), astray))),
      ['Follow cache-2'],
    )
  })

  it('a copy of a later reign is never told to follow an older one', () => {
    const later = replica(2, { follows: { host: '127.0.0.1', port: 1 }, dataEpoch: 9 })
    assert.deepEqual(
      kindsOf(plan(request({ status: reigning() }), reports(primary(0), replica(1), later))),
      [],
    )
  })
})

describe('whom to poll', () => {
  it('is only Pods that the parent owns, and remembered contenders', () => {
    const contenders = [{ uid: 'ghost', name: 'cache-9', ip: '127.9.9.9', epoch: 1 }]
    const observed = request({
      status: reigning({ contenders }),
      pods: [pod(0), pod(1, { owner: 'somebody else' })],
    })
    assert.deepEqual(
      addressesToPoll(observed).map(({ uid }) => uid),
      ['ghost', uidOf(0)],
    )
  })
})

describe('customize', () => {
  it('asks for the namespace, the StorageClasses, the volumes by label, and a named Secret', () => {
    const { parent } = request({ spec: { authSecret: { name: 'mine' } } })
    assert.deepEqual(
      customize({ parent }).relatedResources.map(({ resource, names: only }) => [resource, only ?? []]),
      [
        ['namespaces', ['shop']],
        ['persistentvolumeclaims', []],
        ['storageclasses', []],
        ['secrets', ['mine']],
      ],
    )
  })
})
