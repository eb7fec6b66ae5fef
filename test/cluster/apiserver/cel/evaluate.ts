// Evaluates a parsed CEL expression.
import { functions, methods } from './functions.ts'
import type { Call, Comprehension, Node, Select } from './syntax.ts'
import {
  areEqual,
  CelError,
  compare,
  display,
  isList,
  isMap,
  isNumber,
  typeName,
  type Value,
} from './values.ts'

export type Scope = ReadonlyMap<string, Value>

/** Throws CelError where the expression has no value, for example at a field that is absent. */
export function evaluate(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'name':
      return variable(node.name, scope)
    case 'list':
      return node.items.map((item) => evaluate(item, scope))
    case 'map':
      return new Map(node.entries.map(([key, value]) => [evaluate(key, scope), evaluate(value, scope)]))
    case 'select':
      return select(node, scope)
    case 'has':
      return has(node.select, scope)
    case 'index':
      return index(evaluate(node.of, scope), evaluate(node.key, scope))
    case 'unary':
      return unary(node.operator, evaluate(node.of, scope))
    case 'binary':
      return binary(node, scope)
    case 'choice':
      return evaluate(truth(evaluate(node.test, scope)) ? node.yes : node.no, scope)
    case 'call':
      return call(node, scope)
    case 'comprehension':
      return comprehension(node, scope)
  }
}

function variable(name: string, scope: Scope): Value {
  const value = scope.get(name)
  if (value === undefined) throw new CelError(`undeclared reference to '${name}'`)
  return value
}

function select({ of, field }: Select, scope: Scope): Value {
  const object = evaluate(of, scope)
  const value = isMap(object) ? object.get(field) : undefined
  if (value === undefined) throw new CelError(`no such key: ${field}`)
  return value
}

function has({ of, field }: Select, scope: Scope): boolean {
  const object = evaluate(of, scope)
  return isMap(object) && object.has(field)
}

function index(of: Value, key: Value): Value {
  const value = isList(of) && typeof key === 'bigint' ? of[Number(key)] : isMap(of) ? of.get(key) : undefined
  if (value === undefined)
    throw new CelError(`${isList(of) ? 'index out of bounds' : 'no such key'}: ${display(key)}`)
  return value
}

function unary(operator: '!' | '-', value: Value): Value {
  if (operator === '!') return !truth(value)
  if (isNumber(value)) return -value
  throw new CelError(`no such overload: -${typeName(value)}`)
}

function truth(value: Value): boolean {
  if (typeof value === 'boolean') return value
  throw new CelError(`no such overload: expected bool, got ${typeName(value)}`)
}

type Binary = Extract<Node, { kind: 'binary' }>

function binary({ operator, left, right }: Binary, scope: Scope): Value {
  if (operator === '&&') return either(left, right, scope, false)
  if (operator === '||') return either(left, right, scope, true)
  const [one, other] = [evaluate(left, scope), evaluate(right, scope)]
  switch (operator) {
    case '==':
      return areEqual(one, other)
    case '!=':
      return !areEqual(one, other)
    case '<':
      return compare(one, other) < 0
    case '<=':
      return compare(one, other) <= 0
    case '>':
      return compare(one, other) > 0
    case '>=':
      return compare(one, other) >= 0
    case 'in':
      return contains(other, one)
    default:
      return arithmetic(operator, one, other)
  }
}

/** && and || are symmetric in CEL: one side may have no value when the other decides. */
function either(left: Node, right: Node, scope: Scope, decisive: boolean): boolean {
  try {
    if (truth(evaluate(left, scope)) === decisive) return decisive
  } catch (error) {
    if (error instanceof CelError && truth(evaluate(right, scope)) === decisive) return decisive
    throw error
  }
  return truth(evaluate(right, scope))
}

function contains(container: Value, value: Value): boolean {
  if (isList(container)) return container.some((each) => areEqual(each, value))
  if (isMap(container)) return container.has(value)
  throw new CelError(`no such overload: in ${typeName(container)}`)
}

function arithmetic(operator: string, one: Value, other: Value): Value {
  if (typeof one === 'bigint' && typeof other === 'bigint') return ofInts(operator, one, other)
  if (typeof one === 'number' && typeof other === 'number' && operator !== '%')
    return ofDoubles(operator, one, other)
  if (operator === '+' && typeof one === 'string' && typeof other === 'string') return one + other
  if (operator === '+' && isList(one) && isList(other)) return [...one, ...other]
  throw new CelError(`no such overload: ${typeName(one)} ${operator} ${typeName(other)}`)
}

function ofInts(operator: string, one: bigint, other: bigint): bigint {
  if (operator === '+') return one + other
  if (operator === '-') return one - other
  if (operator === '*') return one * other
  if (other === 0n) throw new CelError(operator === '/' ? 'division by zero' : 'modulus by zero')
  return operator === '/' ? one / other : one % other
}

function ofDoubles(operator: string, one: number, other: number): number {
  if (operator === '+') return one + other
  if (operator === '-') return one - other
  return operator === '*' ? one * other : one / other
}

function call({ name, on, args }: Call, scope: Scope): Value {
  const found = on === undefined ? functions[name] : methods[name]
  if (found === undefined) throw new CelError(`undeclared reference to '${name}'`)
  return found.run((on === undefined ? args : [on, ...args]).map((each) => evaluate(each, scope)))
}

function comprehension(node: Comprehension, scope: Scope): Value {
  const { macro, variable: name, body, condition } = node
  const of = evaluate(node.of, scope)
  if (!isList(of) && !isMap(of)) throw new CelError(`no such overload: ${typeName(of)}.${macro}`)
  const items = isList(of) ? of : [...of.keys()]
  const inner = (item: Value): Scope => new Map([...scope, [name, item]])
  const holds = (item: Value): boolean => truth(evaluate(body, inner(item)))
  switch (macro) {
    case 'all':
      return !someDecides(items, holds, false)
    case 'exists':
      return someDecides(items, holds, true)
    case 'exists_one':
      return items.filter(holds).length === 1
    case 'filter':
      return items.filter(holds)
    case 'map':
      return items
        .filter((item) => condition === undefined || truth(evaluate(condition, inner(item))))
        .map((item) => evaluate(body, inner(item)))
  }
}

/** As with || and &&: an error counts only when no other item decides. */
function someDecides(items: readonly Value[], holds: (item: Value) => boolean, decisive: boolean): boolean {
  let failure: CelError | undefined
  for (const item of items) {
    try {
      if (holds(item) === decisive) return true
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failure = error
    }
  }
  if (failure !== undefined) throw failure
  return false
}
