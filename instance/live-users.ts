// Gives the application's own users to a running redis-server. Never by its ACL file: one bad rule there would keep it from starting.
import { ownUsers, parseAcl } from './redis/acl.ts'
import type { RedisControl } from './redis/control.ts'

type Control = Pick<RedisControl, 'users' | 'setUser' | 'deleteUser'>

/**
 * All of them, and none else; resolves with what was refused, as sentences. A user whose rules are refused stays what it was.
 * Rejects when redis-server did not answer: then it is done again.
 */
export async function applyAcl(control: Control, text: string | undefined): Promise<readonly string[]> {
  const { users, refused } = parseAcl(text)
  const problems = [...refused]
  for (const name of await control.users())
    if (!ownUsers.includes(name) && !users.some((user) => user.name === name)) await control.deleteUser(name)
  for (const { name, rules } of users) {
    const problem = await answerTo(() => control.setUser(name, rules))
    if (problem !== undefined) problems.push(`user ${name} of the ACL: ${problem}`)
  }
  return problems
}

/** Redis quotes the rule first, and that may be a password. */
async function answerTo(command: () => Promise<void>): Promise<string | undefined> {
  try {
    await command()
    return undefined
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('ERR ')) throw error
    const [, why = 'a rule is not valid'] = /': ([^']+)$/.exec(error.message) ?? []
    return why
  }
}
