// Parses a CEL expression, by precedence; throws on anything that it does not understand.
import { macros, type Macro, type Node } from './syntax.ts'
import { CelSyntaxError, tokenize, type Token } from './tokens.ts'

export function parse(source: string): Node {
  const reader = createReader(tokenize(source))
  const node = expression(reader)
  if (reader.peek().kind !== 'end') throw unexpected(reader.peek())
  return node
}

interface Reader {
  peek(): Token
  take(): Token
  /** Takes the sign if it is next. */
  accept(sign: string): boolean
  expect(sign: string): void
}

function createReader(tokens: readonly Token[]): Reader {
  let index = 0
  const end: Token = { kind: 'end', text: 'end of expression', at: 0 }
  const peek = (): Token => tokens[index] ?? tokens.at(-1) ?? end
  const accept = (sign: string): boolean => {
    const isNext = isSign(peek(), sign)
    if (isNext) index += 1
    return isNext
  }
  return {
    peek,
    accept,
    take() {
      const token = peek()
      index += 1
      return token
    },
    expect(sign) {
      if (!accept(sign)) throw unexpected(peek(), sign)
    },
  }
}

const isSign = (token: Token, sign: string): boolean =>
  token.text === sign && (token.kind === 'sign' || (token.kind === 'name' && sign === 'in'))

const unexpected = ({ text, at }: Token, wanted = ''): CelSyntaxError =>
  new CelSyntaxError(
    `Syntax error: unexpected '${text}' at position ${at}${wanted === '' ? '' : `, expected '${wanted}'`}`,
  )

function expression(reader: Reader): Node {
  const test = binary(reader, 0)
  if (!reader.accept('?')) return test
  const yes = binary(reader, 0)
  reader.expect(':')
  return { kind: 'choice', test, yes, no: expression(reader) }
}

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<=', '>=', '<', '>', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
]

function binary(reader: Reader, level: number): Node {
  const operators = levels[level]
  if (operators === undefined) return unary(reader)
  let left = binary(reader, level + 1)
  for (;;) {
    const operator = operators.find((sign) => reader.accept(sign))
    if (operator === undefined) return left
    left = { kind: 'binary', operator, left, right: binary(reader, level + 1) }
  }
}

function unary(reader: Reader): Node {
  const operator = (['!', '-'] as const).find((sign) => reader.accept(sign))
  return operator === undefined ? member(reader) : { kind: 'unary', operator, of: unary(reader) }
}

function member(reader: Reader): Node {
  let node = primary(reader)
  for (;;) {
    if (reader.accept('.')) node = afterDot(reader, node)
    else if (reader.accept('[')) {
      node = { kind: 'index', of: node, key: expression(reader) }
      reader.expect(']')
    } else return node
  }
}

function afterDot(reader: Reader, of: Node): Node {
  const field = reader.take()
  if (field.kind !== 'name') throw unexpected(field, 'a field')
  if (!reader.accept('(')) return { kind: 'select', of, field: unescapedField(field.text) }
  const args = list(reader, ')')
  const macro = macros.find((name) => name === field.text)
  return macro === undefined
    ? { kind: 'call', name: field.text, on: of, args }
    : comprehension(macro, of, args, field)
}

function comprehension(macro: Macro, of: Node, args: readonly Node[], at: Token): Node {
  const [variable, first, second] = args
  const isFull = args.length === 2 || (args.length === 3 && macro === 'map')
  if (!isFull || variable?.kind !== 'name' || first === undefined) throw unexpected(at)
  return {
    kind: 'comprehension',
    macro,
    of,
    variable: variable.name,
    condition: second === undefined ? undefined : first,
    body: second ?? first,
  }
}

function primary(reader: Reader): Node {
  const token = reader.take()
  if (token.kind === 'int') return { kind: 'literal', value: BigInt(token.text) }
  if (token.kind === 'double') return { kind: 'literal', value: Number(token.text) }
  if (token.kind === 'text') return { kind: 'literal', value: token.text }
  if (token.kind === 'name') return named(reader, token)
  if (isSign(token, '[')) return { kind: 'list', items: list(reader, ']') }
  if (isSign(token, '{')) return { kind: 'map', entries: entries(reader) }
  if (!isSign(token, '(')) throw unexpected(token)
  const inner = expression(reader)
  reader.expect(')')
  return inner
}

const words = new Map<string, null | boolean>([
  ['true', true],
  ['false', false],
  ['null', null],
])

function named(reader: Reader, token: Token): Node {
  const word = words.get(token.text)
  if (word !== undefined) return { kind: 'literal', value: word }
  if (!reader.accept('(')) return { kind: 'name', name: token.text }
  const args = list(reader, ')')
  if (token.text !== 'has') return { kind: 'call', name: token.text, on: undefined, args }
  const [select] = args
  if (args.length !== 1 || select?.kind !== 'select') throw unexpected(token, 'has(a.field)')
  return { kind: 'has', select }
}

function list(reader: Reader, close: string): readonly Node[] {
  const items: Node[] = []
  while (!reader.accept(close)) {
    items.push(expression(reader))
    if (reader.accept(',')) continue
    reader.expect(close)
    break
  }
  return items
}

function entries(reader: Reader): readonly (readonly [Node, Node])[] {
  const found: (readonly [Node, Node])[] = []
  while (!reader.accept('}')) {
    const key = expression(reader)
    reader.expect(':')
    found.push([key, expression(reader)])
    if (reader.accept(',')) continue
    reader.expect('}')
    break
  }
  return found
}

const escapedParts: Readonly<Record<string, string>> = {
  __underscores__: '__',
  __dot__: '.',
  __dash__: '-',
  __slash__: '/',
}

/** Kubernetes writes `a-b` as `a__dash__b`, and the reserved word `in` as `__in__`. */
function unescapedField(field: string): string {
  const word = /^__([a-z]+)__$/.exec(field)?.[1]
  if (word !== undefined && !(field in escapedParts)) return word
  return field.replace(/__(?:underscores|dot|dash|slash)__/g, (part) => escapedParts[part] ?? part)
}
