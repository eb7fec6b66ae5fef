// Bodies that are wrong, huge, deep, of another type or no text: problem details, and nothing has changed.
import { describe, it } from 'node:test'
import { ownUID } from '../support/instance-process.ts'
import { bearer, chosen, commands, json, proof, refused, unmoved, withQuery } from '../support/commands.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

describe('bodies', { timeout }, () => {
  const { promote, peer } = commands
  const wrongBodies: Readonly<Record<string, readonly unknown[]>> = {
    promote: [
      {},
      [],
      null,
      'text',
      7,
      { proofs: [] },
      { chosen },
      { proofs: {}, chosen },
      { proofs: Array.from({ length: 129 }, () => proof), chosen },
      { proofs: [{ ...proof, epoch: 1e15 }], chosen },
      { proofs: [{ ...proof, kind: 'Perhaps' }], chosen },
      { proofs: [{ ...proof, uid: 'u 1' }], chosen },
      { proofs: [], chosen: { ...chosen, offsetBytes: -1 } },
      { proofs: [], chosen: { ...chosen, offsetBytes: 1e300 } },
      { proofs: [], chosen: { ...chosen, restarted: 'true' } },
      { proofs: [], chosen, more: true },
    ],
    peer: [
      { ...peer.body, epoch: Number.MAX_SAFE_INTEGER },
      { ...peer.body, epoch: 1e300 },
      { ...peer.body, epoch: '7' },
      { ...peer.body, target: 'u\n1' },
      { ...peer.body, from: ['u1'] },
      { ...peer.body, terms: [{}] },
      { ...peer.body, terms: 'none' },
      { ...peer.body, writable: 'true' },
    ],
  }
  const wrongTexts: readonly (readonly [string, string | Buffer])[] = [
    ['is cut off', '{"proofs": ['],
    ['is no JSON', 'proofs=1'],
    ['poisons prototypes', '{"__proto__": {"a": 1}, "proofs": [], "chosen": {}}'],
    ['is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['is deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['is huge', `{"proofs": [], "x": "${'x'.repeat(1_000_000)}"}`],
    ['has a number without end', `{"proofs": [], "chosen": {"offsetBytes": 1e999}}`],
  ]
  for (const [name, command] of Object.entries({ promote, peer })) {
    it(`of ${name} that are wrong, cut off, deep, huge or no text change nothing`, async (t) => {
      await unmoved(t, async (instance) => {
        const target = withQuery(command, command.query)
        for (const body of wrongBodies[name] ?? [])
          await refused(instance, target, 'bad-request', { headers: json, body: JSON.stringify(body) })
        for (const [, body] of wrongTexts)
          await refused(instance, target, 'bad-request', { headers: json, body })
        await refused(instance, target, 'bad-request', { headers: json })
        await refused(instance, target, 'bad-request', { headers: bearer })
      })
    })

    it(`of ${name} of another content type, or coded otherwise, change nothing`, async (t) => {
      await unmoved(t, async (instance) => {
        const body = JSON.stringify(command.body)
        const target = withQuery(command, command.query)
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'x', '*/*'])
          await refused(instance, target, 'bad-request', {
            headers: { ...bearer, 'content-type': type },
            body,
          })
        const utf16 = Buffer.from(body, 'utf16le')
        await refused(instance, target, 'bad-request', { headers: json, body: utf16 })
      })
    })
  }

  it('of commands that take none are not read as something else', async (t) => {
    const { fence } = commands
    await unmoved(t, async (instance) => {
      const body = 'x'.repeat(1_000_000)
      await refused(instance, withQuery(fence, fence.query), 'bad-request', { headers: json, body })
      const form = { ...bearer, 'content-type': 'application/x-www-form-urlencoded' }
      await refused(instance, fence.path, 'bad-request', {
        headers: form,
        body: `epoch=7&target=u1&pod=${ownUID}`,
      })
    })
  })
})
