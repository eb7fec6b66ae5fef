// The users that an application brings along, in the syntax of an ACL file: what may be given to redis-server, and what not.
import { replicationUser } from './conf.ts'
import { deniedToApplications, instanceUser } from './users.ts'

export interface AclUser {
  readonly name: string
  /** As ACL SETUSER takes them. What would break the operator's guarantees is taken away last. */
  readonly rules: readonly string[]
}

export interface AclUsers {
  readonly users: readonly AclUser[]
  /** Sentences without any rule in them: a rule may hold a password. */
  readonly refused: readonly string[]
}

/** Users that are the operator's. */
export const ownUsers: readonly string[] = ['default', replicationUser, instanceUser]

const mostUsers = 256
/** What redis-server takes for a user grows with the square of it, and it does nothing else meanwhile. */
const mostRules = 512

/** One user a line; empty lines and those that start with # are skipped. */
export function parseAcl(text = ''): AclUsers {
  const lines = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, words: line.trim().split(/\s+/) }))
    .filter(({ words: [first = ''] }) => first !== '' && !first.startsWith('#'))
  const users = new Map<string, AclUser>()
  const refused: string[] = []
  for (const { number, words } of lines) {
    const [keyword, name = '', ...rules] = words
    const problem = keyword === 'user' ? problemWith(name, rules, users) : 'it must begin with: user <name>'
    if (problem === undefined) users.set(name, { name, rules: [...rules, ...denied] })
    else refused.push(`line ${number} of the ACL: ${problem}`)
  }
  return { users: [...users.values()], refused }
}

/** `CONFIG GET` shows the password that replicas log in with. */
const denied = [...deniedToApplications, 'config|get'].map((command) => `-${command}`)

function problemWith(
  name: string,
  rules: readonly string[],
  before: ReadonlyMap<string, AclUser>,
): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name))
    return 'a name has at most 64 letters, digits, and . _ @ -'
  if (name === 'default') return 'the password of user default is in authSecret'
  if (ownUsers.includes(name)) return `user ${name} belongs to the operator`
  if (before.has(name)) return `user ${name} is there twice`
  if (before.size >= mostUsers) return `there are more than ${mostUsers} users`
  if (rules.length > mostRules) return `user ${name} has more than ${mostRules} rules`
  // What one allows, no rule outside of it takes away.
  return rules.some((rule) => rule.startsWith('(')) ? `selectors are not supported (user ${name})` : undefined
}
