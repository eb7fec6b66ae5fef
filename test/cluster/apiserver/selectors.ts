// Label and field selectors: from the text of a query to a predicate.
import { badRequest } from './failure.ts'
import { fieldsOf, textOf, valueAt, type ApiObject } from './object.ts'

export type Predicate = (object: ApiObject) => boolean

export interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

/** `a=b,c in (d,e),!f`, as in `kubectl get -l`. */
export function labelPredicate(text: string): Predicate {
  const requirements = splitOutside(text).map(requirementOf)
  return ({ metadata }) => requirements.every((each) => isMet(each, metadata.labels ?? {}))
}

/** `matchLabels` and `matchExpressions`; an empty selector matches everything. */
export function selectorPredicate(selector: unknown): (labels: Readonly<Record<string, string>>) => boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  const equal = Object.entries(fieldsOf(matchLabels)).map(([key, value]) => ({
    key,
    operator: 'In',
    values: [textOf(value)],
  }))
  const expressions = (Array.isArray(matchExpressions) ? matchExpressions : []) as Requirement[]
  return (labels) => [...equal, ...expressions].every((each) => isMet(each, labels))
}

/** `metadata.name=a,status.phase!=Running`. */
export function fieldPredicate(text: string): Predicate {
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map(fieldTerm)
  return (object) => terms.every(({ path, value, isEqual }) => (textAt(object, path) === value) === isEqual)
}

/** The one name that a field selector allows, if it says so. */
export function nameInSelector(text: string): string | undefined {
  return /(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(text)?.[1]
}

function fieldTerm(term: string): {
  readonly path: readonly string[]
  readonly value: string
  readonly isEqual: boolean
} {
  const [, name = '', operator, value = ''] = /^([\w.[\]-]+)(!=|==|=)(.*)$/.exec(term) ?? []
  if (operator === undefined) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`)
  return { path: name.split('.'), value, isEqual: operator !== '!=' }
}

function textAt(object: ApiObject, path: readonly string[]): string {
  const value = valueAt(object, path)
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : ''
}

function requirementOf(text: string): Requirement {
  const set = /^\s*([^\s!=<>,()]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(text)
  if (set !== null) {
    const [, key = '', operator, values = ''] = set
    return {
      key,
      operator: operator === 'in' ? 'In' : 'NotIn',
      values: values.split(',').map((value) => value.trim()),
    }
  }
  const simple = /^\s*([^\s!=<>,()]+)\s*(!=|==|=)\s*([^\s!=<>,()]*)\s*$/.exec(text)
  if (simple !== null) {
    const [, key = '', operator, value = ''] = simple
    return { key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] }
  }
  const exists = /^\s*(!?)\s*([^\s!=<>,()]+)\s*$/.exec(text)
  if (exists === null) throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`)
  return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists', values: [] }
}

function isMet({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  const isListed = value !== undefined && values.includes(value)
  return operator === 'In' ? isListed : !isListed
}

/** Commas between parentheses separate values, not requirements. */
function splitOutside(text: string): readonly string[] {
  return (text.match(/(?:[^,(]|\([^)]*\))+/g) ?? []).filter((part) => part.trim() !== '')
}
