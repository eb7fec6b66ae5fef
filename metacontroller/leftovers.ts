// Finds values that the API server drops or JSON loses: written again in every sync, they never converge.

/** The API server stores these even when empty: their emptiness means something. */
const keptWhenEmpty = ['emptyDir', 'resources', 'securityContext', 'labelSelector', 'namespaceSelector']

export interface Place {
  readonly path?: string
  /** Whether {} and [] are stored as they are, as in a custom resource. */
  readonly emptyIsFine?: boolean
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * One clause for each leftover: undefined and non-finite numbers, which JSON cannot carry, and null, {}, [] and the empty
 * value of an env entry, which the API server drops. The latter are fine where the observed object holds the same value
 * at the same place: what the server has stored it does not drop, and so a pinned Pod may be returned as it is.
 */
export function leftovers(value: unknown, observed: unknown, place: Place = {}): readonly string[] {
  const { path = '', emptyIsFine = false } = place
  const fault = lostInJson(value) ?? (isStored(value, observed) ? undefined : dropped(value, place))
  if (fault !== undefined) return [`${path} ${fault}`]
  const dot = path === '' ? '' : '.'
  return fieldsOf(value).flatMap(([key, item]) =>
    leftovers(item, Object.fromEntries(fieldsOf(observed))[key], {
      emptyIsFine,
      path: Array.isArray(value) ? `${path}[${key}]` : `${path}${dot}${key}`,
    }),
  )
}

function lostInJson(value: unknown): string | undefined {
  if (value === undefined) return 'is undefined'
  return typeof value === 'number' && !Number.isFinite(value) ? 'is not a finite number' : undefined
}

function dropped(value: unknown, { path = '', emptyIsFine = false }: Place): string | undefined {
  if (value === null) return 'is null'
  if (value === '') return /\.env\[\d+\]\.value$/.test(path) ? 'is an empty env value' : undefined
  const kept = emptyIsFine || keptWhenEmpty.some((field) => path.endsWith(`.${field}`))
  return isEmpty(value) && !kept ? 'is empty' : undefined
}

const isStored = (value: unknown, observed: unknown): boolean =>
  value === observed || (isEmpty(value) && isEmpty(observed))

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

const fieldsOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []
