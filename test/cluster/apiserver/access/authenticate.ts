// From the headers of a request to the user: a bearer token, and for administrators somebody to stand in for.
import type { IncomingHttpHeaders } from 'node:http'
import { forbidden, unauthorized } from '../failure.ts'
import type { Tokens } from './tokens.ts'
import { anonymous, authenticated, masters, type User } from './user.ts'

const publicPaths = ['/healthz', '/livez', '/readyz', '/version']

/** Throws 401 for a bad token, and without one for all but the public paths. */
export function authenticate(tokens: Tokens, headers: IncomingHttpHeaders, path: string): User {
  const [, token] = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (token === undefined && headers.authorization === undefined && publicPaths.includes(path))
    return anonymous
  const user = token === undefined ? undefined : tokens.userOf(token)
  if (user === undefined) throw unauthorized()
  return impersonated(user, headers)
}

/** `kubectl --as`. */
function impersonated(user: User, headers: IncomingHttpHeaders): User {
  const name = headers['impersonate-user']
  if (typeof name !== 'string') return user
  if (!user.groups.includes(masters))
    throw forbidden(
      { group: '', plural: 'users', kind: 'User' },
      name,
      `User "${user.name}" cannot impersonate resource "users" in API group "" at the cluster scope`,
    )
  const given = headers['impersonate-group']
  const groups =
    given === undefined ? accountGroups(name) : [given].flat().flatMap((text) => text.split(', '))
  return { name, groups: [...groups, authenticated] }
}

function accountGroups(name: string): readonly string[] {
  const namespace = /^system:serviceaccount:([^:]+):/.exec(name)?.[1]
  return namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}
