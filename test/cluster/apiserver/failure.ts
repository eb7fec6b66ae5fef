// What the server refuses: each refusal is a Status object with the reason and the words of a real API server.
import type { Resource } from './resource.ts'

export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

export interface Details {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly Cause[]
  readonly retryAfterSeconds?: number
}

export class Failure extends Error {
  readonly code: number
  readonly reason: string
  readonly details: Details | undefined
  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }
}

export function statusOf({ code, reason, message, details }: Failure): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  }
}

type Named = Pick<Resource, 'group' | 'plural' | 'kind'>

const qualified = ({ group, plural }: Named): string => (group === '' ? plural : `${plural}.${group}`)
const where = ({ group, plural }: Named, name: string): Details => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
})

export const notFound = (resource: Named, name: string): Failure =>
  new Failure(404, 'NotFound', `${qualified(resource)} "${name}" not found`, where(resource, name))

export const noSuchPath = (): Failure =>
  new Failure(404, 'NotFound', 'the server could not find the requested resource', {})

export const alreadyExists = (resource: Named, name: string): Failure =>
  new Failure(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, where(resource, name))

export const conflict = (resource: Named, name: string, why: string): Failure =>
  new Failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    where(resource, name),
  )

export const modified = (resource: Named, name: string): Failure =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

export const forbidden = (resource: Named, name: string, why: string): Failure =>
  new Failure(
    403,
    'Forbidden',
    `${qualified(resource)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    where(resource, name),
  )

export const badRequest = (message: string): Failure => new Failure(400, 'BadRequest', message)

export const unauthorized = (): Failure => new Failure(401, 'Unauthorized', 'Unauthorized')

export const methodNotAllowed = (): Failure =>
  new Failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const unsupportedMediaType = (given: string, accepted: readonly string[]): Failure =>
  new Failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format (${given}) - accepted media types include: ${accepted.join(', ')}`,
    {},
  )

export const expired = (version: string, oldest: number): Failure =>
  new Failure(410, 'Expired', `too old resource version: ${version} (${oldest})`)

export function invalid({ group, kind }: Named, name: string, causes: readonly Cause[]): Failure {
  const lines = causes.map(({ field, message }) => `${field}: ${message}`)
  const text = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`
  const subject = group === '' ? kind : `${kind}.${group}`
  return new Failure(422, 'Invalid', `${subject} "${name}" is invalid: ${text}`, {
    name,
    ...(group === '' ? {} : { group }),
    kind,
    causes,
  })
}

const jsonOf = (value: unknown): string => JSON.stringify(value ?? null)

export const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${jsonOf(value)}: ${why}`,
  field,
})

export const requiredValue = (field: string, why = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: why === '' ? 'Required value' : `Required value: ${why}`,
  field,
})

export const forbiddenValue = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
})

export const unsupportedValue = (field: string, value: unknown, supported: readonly unknown[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${jsonOf(value)}: supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`,
  field,
})
