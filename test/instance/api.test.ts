// The wire contract: no number, text or list in it is without a bound, for whoever sends it may be broken.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import * as api from '../../instance/api.ts'
import * as ballot from '../../instance/ballot.ts'

const schemas: Readonly<Record<string, TSchema>> = {
  InstanceStatus: api.InstanceStatus,
  FenceQuery: api.FenceQuery,
  PromoteQuery: api.PromoteQuery,
  PromoteBody: api.PromoteBody,
  HandoverQuery: api.HandoverQuery,
  DemoteQuery: api.DemoteQuery,
  Heartbeat: api.Heartbeat,
  HeartbeatAnswer: api.HeartbeatAnswer,
  Reign: ballot.Reign,
}

interface Node {
  readonly type?: string
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly items?: Node
  readonly anyOf?: readonly Node[]
  readonly properties?: Readonly<Record<string, Node>>
}

const within = (low: number | undefined, high: number | undefined): boolean =>
  low !== undefined && high !== undefined && low >= -1 && high <= Number.MAX_SAFE_INTEGER

function isBounded(node: Node): boolean {
  if (node.const !== undefined) return true
  if (node.type === 'integer') return within(node.minimum, node.maximum)
  // JSON has no infinity, and the check takes none for a number.
  if (node.type === 'number') return node.minimum !== undefined
  if (node.type === 'string') return node.maxLength !== undefined || node.pattern?.endsWith('}$') === true
  return node.type !== 'array' || node.maxItems !== undefined
}

function unbounded(node: Node, path: string): readonly string[] {
  const inner = [
    ...Object.entries(node.properties ?? {}).map(([key, value]) => [value, `${path}.${key}`] as const),
    ...(node.anyOf ?? []).map((each) => [each, path] as const),
    ...(node.items === undefined ? [] : [[node.items, `${path}[]`] as const]),
  ]
  return [...(isBounded(node) ? [] : [path]), ...inner.flatMap(([each, at]) => unbounded(each, at))]
}

describe('the wire contract', () => {
  for (const [name, schema] of Object.entries(schemas))
    it(`bounds every number, text and list of ${name}`, () => {
      assert.deepEqual(unbounded(schema as Node, name), [])
    })

  it('takes an epoch that a query can spell, and none above', () => {
    assert.equal(Value.Check(ballot.Epoch, 999_999_999_999_999), true)
    for (const epoch of [1e15, Number.MAX_SAFE_INTEGER, 1e300, Infinity, NaN, -1, 0.5, '1'])
      assert.equal(Value.Check(ballot.Epoch, epoch), false, String(epoch))
  })
})
