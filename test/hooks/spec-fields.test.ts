// No accepted field is inert: every field of the CRD's spec shows in a child or the status, or is refused at apply with a sentence.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { SyncPlan } from '../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import { redisClusterCrd } from '../../hooks/rediscluster/resource.ts'
import type { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'
import type { KubernetesObject } from '../../metacontroller/contract.ts'
import { ApiError } from '../cluster/client.ts'
import { crds, openBench, type Bench } from '../support/api-server.ts'
import * as build from '../support/builders.ts'
import { keptOut, reportsAround } from '../support/kept-out.ts'
import { plan } from '../support/look.ts'
import { refusals } from '../support/refusal-table.ts'
import { effects, type Effect, type Spec } from '../support/spec-table.ts'

interface Schema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[]
}

const crd = redisClusterCrd() as {
  spec: { versions: readonly [{ schema: { openAPIV3Schema: Schema } }] }
}
const root = crd.spec.versions[0].schema.openAPIV3Schema
const collection = `/apis/redis.io/v1/namespaces/${build.namespace}/redisclusters`

function fieldsOf(schema: Schema, path: string): readonly string[] {
  const parts = [
    ...Object.entries(schema.properties ?? {}),
    ...(schema.additionalProperties === undefined ? [] : [['*', schema.additionalProperties] as const]),
    ...(schema.items === undefined ? [] : [['[]', schema.items] as const]),
  ]
  if (parts.length > 0)
    return parts.flatMap(([name, part]) => fieldsOf(part, path === '' ? name : `${path}.${name}`))
  const values = schema.type === 'boolean' ? ['true', 'false'] : schema.enum
  return values === undefined ? [path] : values.map((value) => `${path}=${value}`)
}

function messagesOf(schema: Schema): readonly string[] {
  const parts = [...Object.values(schema.properties ?? {}), schema.additionalProperties, schema.items]
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message)
  return [...own, ...parts.flatMap((part) => (part === undefined ? [] : messagesOf(part)))]
}

async function openClusters(t: TestContext): Promise<Bench> {
  const bench = await openBench(t)
  await bench.create(crds, redisClusterCrd())
  await bench.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: build.namespace },
  })
  return bench
}

const cluster = (spec: Spec, name = build.clusterName): object => ({
  apiVersion: 'redis.io/v1',
  kind: 'RedisCluster',
  metadata: { name },
  spec,
})

const sentences = {
  Shows: 'shows in a child, and a change of it later too, or is refused',
  Records: 'shows in what the status records, and a change of it later too',
  Decides: 'shows in what the operator makes of a primary in trouble',
  Updates: 'shows in how an update goes on',
  KeptOut: 'shows in what is deleted for a replica that its node keeps out',
  Refused: 'is refused at apply',
  Only: 'is the only value that is not refused',
} as const

const acceptedValues = (fields: readonly string[], like: string): readonly string[] =>
  fields
    .filter((field) => field.split('=')[0] === like.split('=')[0])
    .filter((field) => effects[field]?.kind !== 'Refused')

/** As the API server stores it, defaults and all. Strict, so that an unknown field is an error. */
async function applied({ create }: Bench, spec: Spec, name?: string): Promise<RedisClusterSpec> {
  const made = await create(`${collection}?fieldValidation=Strict`, cluster(spec, name))
  return made['spec'] as RedisClusterSpec
}

/** The spec after a change, or why the API server refuses the change. */
async function changed({ merge }: Bench, spec: Spec, name: string): Promise<RedisClusterSpec | string> {
  try {
    return (await merge(`${collection}/${name}`, { spec }))['spec'] as RedisClusterSpec
  } catch (error) {
    return error instanceof ApiError ? error.message : assert.fail(String(error))
  }
}

/** The second sync of a new cluster: what the first one made is there, so Pods come too. */
function bornWith(spec: RedisClusterSpec, related: readonly KubernetesObject[]): SyncPlan {
  const { children } = plan(build.request({ spec, related, pods: [], children: [] }))
  return plan(build.request({ spec, related, pods: [], children }))
}

/** What a running cluster that was born with `before` makes of a spec: its children, and what SpecApplied says. */
function livesWith(
  spec: RedisClusterSpec,
  before: RedisClusterSpec,
  related: readonly KubernetesObject[],
): object {
  const { ownerReferences = [] } = build.pod(0).metadata
  const own = (child: KubernetesObject): KubernetesObject =>
    child.kind === 'Pod'
      ? { ...child, metadata: { ...child.metadata, uid: child.metadata.name, ownerReferences } }
      : child
  const observed = bornWith(before, related).children.map(own)
  const { children, deletions, status } = plan(build.request({ spec, related, pods: [], children: observed }))
  return { children, deletions, applied: status.conditions?.find(({ type }) => type === 'SpecApplied') }
}

/** Whether an entry is about its field: its spec sets it, to that value. */
function sets(spec: Spec, field: string): boolean {
  const [path = '', wanted] = field.split('=')
  const value = path.split('.').reduce<unknown>((part, key) => {
    const fields = Object.entries(part ?? {})
    return (key === '*' || key === '[]' ? fields[0] : fields.find(([name]) => name === key))?.[1] as unknown
  }, spec)
  return value !== undefined && (wanted === undefined || JSON.stringify(value).replaceAll('"', '') === wanted)
}

const childOf = ({ children }: SyncPlan, child: string): unknown =>
  children.find(({ kind, metadata }) => `${kind} ${metadata.name}` === child)

/** `~` stands for a dot in a key. */
function valueAt(found: unknown, path: string): unknown {
  const keys = path.split('.').map((key) => key.replaceAll('~', '.'))
  return keys.reduce((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], found)
}

async function assertShows(bench: Bench, effect: Effect & { kind: 'Shows' }): Promise<void> {
  const { spec, instead = {}, child, path, value, related = [] } = effect
  const seen = valueAt(childOf(bornWith(await applied(bench, spec), related), child), path)
  if (value instanceof RegExp) assert.match(String(seen), value)
  else assert.deepEqual(seen, value)
  const before = await applied(bench, instead, 'other')
  assert.notDeepEqual(
    valueAt(childOf(bornWith(before, related), child), path),
    seen,
    'the same without the field',
  )
  const after = await changed(bench, spec, 'other')
  if (typeof after === 'string') assert.match(after, /immutable/)
  else
    assert.notDeepEqual(
      livesWith(after, before, related),
      livesWith(before, before, related),
      'ignored later',
    )
}

async function assertRecords(bench: Bench, effect: Effect & { kind: 'Records' }): Promise<void> {
  const { spec, instead, path, value, related = [] } = effect
  const newborns = build.reports(build.newborn(0), build.newborn(1), build.newborn(2))
  const bornAs = (of: RedisClusterSpec): RedisClusterStatus =>
    plan(build.request({ spec: of, related }), newborns).status
  const before = await applied(bench, instead, 'other')
  const after = await applied(bench, spec)
  assert.deepEqual(valueAt(bornAs(after), path), value)
  assert.notDeepEqual(valueAt(bornAs(before), path), value, 'the same without the field')
  const { terms = [] } = bornAs(before)
  const [term] = terms
  const status = build.reigning({ terms })
  const primary = build.primary(0, 1, term === undefined ? {} : { term })
  const serving = build.reports(primary, build.replica(1), build.replica(2))
  const livesAs = (of: RedisClusterSpec): object =>
    plan(build.request({ spec: of, status, related }), serving).status
  assert.notDeepEqual(livesAs(after), livesAs(before), 'ignored later')
}

/** A cluster whose primary has been in this trouble for so long. */
function inTrouble(spec: RedisClusterSpec, { trouble, forSeconds }: Effect & { kind: 'Decides' }): string {
  const kind = trouble === 'silent' ? 'Blinking' : 'Unreachable'
  const since = { uid: build.uidOf(0), kind, since: build.secondsAgo(forSeconds) }
  const status = build.reigning(trouble === 'hung' ? {} : { trouble: since })
  const hung = build.primary(0, 1, { redis: { state: 'hung', loading: false, silentSeconds: forSeconds } })
  const heard = { grant: { seconds: 0.1, uid: build.uidOf(0) } }
  const peer = build.replica(1, trouble === 'heard by a peer only' ? heard : {})
  const reports = build.reports(...(trouble === 'hung' ? [hung] : []), peer, build.replica(2))
  return plan(build.request({ spec, status }), reports).decision.split(':')[0] ?? ''
}

async function assertDecides(bench: Bench, effect: Effect & { kind: 'Decides' }): Promise<void> {
  assert.equal(inTrouble(await applied(bench, { instances: 3, ...effect.spec }), effect), effect.situation)
  assert.equal(inTrouble(await applied(bench, { instances: 3 }, 'other'), effect), effect.otherwise)
}

async function assertUpdates(bench: Bench, { spec, phase }: Effect & { kind: 'Updates' }): Promise<void> {
  const applying = await applied(bench, { instances: 3, ...spec })
  const old = build.pod(0)
  const annotations = { 'redis.io/spec-hash': 'of an earlier spec' }
  const pods = [{ ...old, metadata: { ...old.metadata, annotations } }, build.pod(1), build.pod(2)]
  const reports = build.reports(build.primary(0), build.replica(1), build.replica(2))
  const observed = build.request({ spec: applying, pods, status: build.reigning() })
  assert.equal(plan(observed, reports).status.phase, phase)
}

async function assertKeptOut(bench: Bench, { spec, deletions }: Effect & { kind: 'KeptOut' }): Promise<void> {
  const applying = await applied(bench, { instances: 3, ...spec })
  const before = keptOut()
  const observed = { ...before, parent: { ...before.parent, spec: applying } }
  const deleted = plan(observed, reportsAround()).deletions.map(({ kind, name }) => `${kind} ${name}`)
  assert.deepEqual(deleted, deletions)
}

describe('every field of the spec', () => {
  const fields = fieldsOf(root.properties?.['spec'] ?? {}, '')

  it('has an entry in the table, and every entry a field', () => {
    assert.deepEqual(Object.keys(effects).sort(), [...fields].sort())
  })

  for (const [field, effect] of Object.entries(effects)) {
    it(`${field} ${sentences[effect.kind]}`, async (t) => {
      const bench = await openClusters(t)
      assert.ok(effect.kind === 'Only' || sets(effect.spec, field), 'its entry is about another field')
      if (effect.kind === 'Shows') await assertShows(bench, effect)
      else if (effect.kind === 'Records') await assertRecords(bench, effect)
      else if (effect.kind === 'Decides') await assertDecides(bench, effect)
      else if (effect.kind === 'Updates') await assertUpdates(bench, effect)
      else if (effect.kind === 'KeptOut') await assertKeptOut(bench, effect)
      else if (effect.kind === 'Refused')
        assert.match((await bench.refusal('POST', collection, cluster(effect.spec))).message, effect.message)
      else assert.deepEqual(acceptedValues(fields, field), [field])
    })
  }
})

describe('every rule of the CRD', () => {
  it('has a row in the table', () => {
    const untried = messagesOf(root).filter(
      (message) => !refusals.some((refusal) => message.startsWith(refusal.message)),
    )
    assert.deepEqual(untried, [])
  })

  for (const { message, name = build.clusterName, before, spec } of refusals) {
    it(`refuses with the words "${message}"`, async (t) => {
      const bench = await openClusters(t)
      if (before !== undefined) await applied(bench, before)
      const refusal =
        before === undefined
          ? (await bench.refusal('POST', collection, cluster(spec, name))).message
          : await changed(bench, spec, name)
      assert.ok(typeof refusal === 'string' && refusal.includes(message), JSON.stringify(refusal))
    })
  }
})
