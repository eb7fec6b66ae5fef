// What an application may say of its own users: everything but what breaks the operator's guarantees, and no rule is ever repeated in a sentence.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ownUsers, parseAcl } from '../../../instance/redis/acl.ts'

const named = (text: string): readonly string[] => parseAcl(text).users.map(({ name }) => name)

describe('the ACL of an application', () => {
  it('has one user a line, comments and empty lines apart', () => {
    assert.deepEqual(named('# readers\nuser reader on >r ~* +@read\n\n  user writer on >w ~* +@all\r\n'), [
      'reader',
      'writer',
    ])
    assert.deepEqual(parseAcl(undefined), { users: [], refused: [] })
  })

  it('ends each user with what no application may do', () => {
    const { rules = [] } = parseAcl('user admin on nopass ~* &* +@all +replicaof').users[0] ?? {}
    assert.deepEqual(rules.slice(0, 6), ['on', 'nopass', '~*', '&*', '+@all', '+replicaof'])
    for (const command of ['replicaof', 'shutdown', 'config|set', 'acl|setuser', 'psync'])
      assert.ok(rules.indexOf(`-${command}`) > 5, command)
  })

  it('is refused line by line, without the rules', () => {
    const lines = [
      ...ownUsers.map((user) => `user ${user} on >secret ~* +@all`),
      'reader on >secret',
      'user on>secret',
      'user twice on >secret',
      'user twice on >secret',
      'user selects on >secret (+@all ~*)',
      `user long on >secret ${'~k '.repeat(600)}`,
      `user ${'x'.repeat(65)} on >secret`,
    ]
    const { users, refused } = parseAcl(lines.join('\n'))
    assert.deepEqual(
      users.map(({ name }) => name),
      ['twice'],
    )
    assert.equal(refused.length, lines.length - 1)
    assert.match(refused[0] ?? '', /^line 1 of the ACL: the password of user default is in authSecret/)
    assert.ok(refused.every((sentence) => !sentence.includes('>secret')))
    assert.match(refused.at(-2) ?? '', /user long has more than 512 rules/)
  })

  it('has no end of users', () => {
    const many = Array.from({ length: 300 }, (_, index) => `user u${index} on`).join('\n')
    const { users, refused } = parseAcl(many)
    assert.deepEqual([users.length, refused.length], [256, 44])
  })
})
