// The table of directives against a real redis-server: every directive that it has is in the table, as what it is.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Redis } from 'ioredis'
import { directiveKind, isOwned, type DirectiveKind } from '../../instance/directives.ts'
import { redisProcess } from '../support/redis-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 60_000

/** What redis-server says to the value that it has already. */
async function kindOf(redis: Redis, directive: string, value: string): Promise<DirectiveKind> {
  try {
    await redis.config('SET', directive, value)
    return 'Live'
  } catch (error) {
    assert.match(String(error), /immutable/, directive)
    return 'Restart'
  }
}

describe('the table of directives', { timeout }, () => {
  it('has every directive of the installed redis-server, as what it is', async (t) => {
    const redis = (await redisProcess(t)).administrator()
    const [values, seen] = [(await redis.config('GET', '*')) as string[], new Map<string, DirectiveKind>()]
    for (let index = 0; index < values.length; index += 2) {
      const [directive = '', value = ''] = values.slice(index)
      if (!isOwned(directive)) seen.set(directive, await kindOf(redis, directive, value))
    }
    assert.ok(seen.size > 100)
    const expected = new Map([...seen.keys()].map((directive) => [directive, directiveKind(directive)]))
    assert.deepEqual(seen, expected)
  })

  it('leaves to redis-server what it does not know', () => {
    assert.equal(directiveKind('of-a-later-version'), 'Unknown')
  })

  it('knows a directive in any case, as Redis does', () => {
    const kinds = ['MaxMemory', 'DATABASES', 'ReplicaOf', 'Min-Slaves-Max-Lag'].map(directiveKind)
    assert.deepEqual(kinds, ['Live', 'Restart', 'Owned', 'Owned'])
  })
})
