// A transition changes the own Pod, so that Metacontroller looks at once.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { instanceAnnotations } from '../../instance/api.ts'
import type { Annotations } from '../../instance/kubernetes/api.ts'
import type { Parts } from '../../instance/parts.ts'
import { wakeUps } from '../../instance/wake-up.ts'

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

describe('a transition', () => {
  it('patches an annotation of the own Pod to a value it never had, once for several at the same moment', async () => {
    const patches: Annotations[] = []
    const annotateOwnPod = (values: Annotations): Promise<void> => Promise.resolve(void patches.push(values))
    const parts = {
      api: { annotateOwnPod },
      clock: { pause: () => Promise.resolve() },
      incarnation: 'x',
      log: quiet,
    } as unknown as Parts
    const tell = wakeUps(parts)
    tell('stopped')
    tell('in sync')
    await new Promise(setImmediate)
    tell('stopped')
    await new Promise(setImmediate)
    assert.deepEqual(
      patches.map((values) => values[instanceAnnotations.transition]),
      ['x.2', 'x.3'],
    )
  })
})
