// Query parameters that are missing, repeated, hostile or foreign, and tokens that are none: problem details, and nothing has changed.
import { describe, it } from 'node:test'
import { token } from '../support/instance-process.ts'
import { commands, json, refused, sent, unmoved, withQuery, type Command } from '../support/commands.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

const wrongEpochs = [
  '',
  '-1',
  '+1',
  '1.5',
  '1e3',
  '0x1',
  ' 1',
  '1 ',
  '\u0661',
  '9'.repeat(16),
  '9'.repeat(5000),
  'NaN',
]
const wrongUids = ['', 'u'.repeat(65), 'u 1', 'u\n1', 'u\u0000', '\u{1f600}', '../..', '%ff', 'u/1']
const wrongAddresses = [
  '',
  'x',
  'localhost',
  '1.2.3',
  '1.2.3.4:80',
  '1.2.3.4\n',
  'http://1.2.3.4',
  '[::1]',
  '1'.repeat(46),
]

const wrongValues: Readonly<Record<string, readonly string[]>> = {
  epoch: wrongEpochs,
  cluster: wrongUids,
  pod: wrongUids,
  target: wrongUids,
  primary: wrongUids,
  targetIP: wrongAddresses,
  primaryIP: wrongAddresses,
  port: ['0', '65536', '-1', '6379a', '', '1e3'],
}

describe('query parameters', { timeout }, () => {
  for (const [name, command] of Object.entries<Command>(commands))
    it(`of ${name}: missing, repeated, malformed, unknown or foreign ones change nothing`, async (t) => {
      await unmoved(t, async (instance) => {
        const { query } = command
        const init = sent(command)
        for (const [key, value] of Object.entries(query)) {
          const rest = Object.fromEntries(Object.entries(query).filter(([other]) => other !== key))
          await refused(instance, withQuery(command, rest), 'bad-request', init)
          const parameters = new URLSearchParams(query)
          parameters.append(key, value)
          await refused(instance, withQuery(command, parameters.toString()), 'bad-request', init)
          for (const wrong of wrongValues[key] ?? [])
            await refused(instance, withQuery(command, { ...query, [key]: wrong }), 'bad-request', init)
        }
        await refused(instance, withQuery(command, { ...query, unknown: 'x' }), 'bad-request', init)
        await refused(instance, withQuery(command, { ...query, __proto__x: 'x' }), 'bad-request', init)
      })
    })

  it('of demote: a port that is none changes nothing', async (t) => {
    const { demote } = commands
    await unmoved(t, async (instance) => {
      for (const port of wrongValues['port'] ?? [])
        await refused(instance, withQuery(demote, { ...demote.query, port }), 'bad-request')
    })
  })

  for (const [name, command] of Object.entries<Command>(commands))
    it(`of ${name}: foreign UIDs, no token or a wrong one change nothing`, async (t) => {
      await unmoved(t, async (instance) => {
        for (const foreign of [{ cluster: 'other' }, { pod: 'other' }]) {
          const { body, query } = command
          const inBody = name === 'peer'
          const changed: Command = {
            ...command,
            query: inBody ? query : { ...query, ...foreign },
            ...(body === undefined ? {} : { body: inBody ? { ...body, ...foreign } : body }),
          }
          await refused(instance, withQuery(changed, changed.query), 'wrong-identity', sent(changed))
        }
        const { headers: _headers, ...init } = sent(command)
        const wrong = ['', 'Bearer', 'Bearer ', 'Bearer other', `Basic ${token}`, token, `Bearer ${token}x`]
        for (const authorization of [...wrong, `Bearer ${'x'.repeat(8000)}`]) {
          const headers = { ...json, authorization }
          await refused(instance, withQuery(command, command.query), 'unauthorized', { ...init, headers })
        }
        const headers = { 'content-type': 'application/json' }
        await refused(instance, withQuery(command, command.query), 'unauthorized', { ...init, headers })
      })
    })
})
