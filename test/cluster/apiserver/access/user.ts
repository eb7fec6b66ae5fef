// Who makes a request.
export interface User {
  readonly name: string
  readonly groups: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** May do everything, whatever the Roles say. */
export const masters = 'system:masters'
export const authenticated = 'system:authenticated'

export const admin: User = { name: 'admin', groups: [masters, authenticated] }
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
