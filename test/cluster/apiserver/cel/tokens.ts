// Splits the text of a CEL expression into tokens.
export interface Token {
  readonly kind: 'name' | 'int' | 'double' | 'text' | 'sign' | 'end'
  readonly text: string
  readonly at: number
}

/** The expression is none, or uses more of the language than is understood here. */
export class CelSyntaxError extends Error {}

const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /(?:\s|\/\/[^\n]*)+/y],
  ['text', /[rR]?(?:'''[^]*?'''|"""[^]*?""")/y],
  ['text', /[rR](?:'[^'\n]*'|"[^"\n]*")/y],
  ['text', /(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/y],
  ['double', /\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?/y],
  ['int', /0[xX][0-9a-fA-F]+|\d+/y],
  ['name', /[A-Za-z_]\w*/y],
  ['sign', /&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()[\]{}]/y],
]

export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const [kind, text] = next(source, at)
    if (kind === 'text') tokens.push({ kind, text: unquote(text), at })
    else if (kind !== 'space') tokens.push({ kind, text, at })
    at += text.length
  }
  return [...tokens, { kind: 'end', text: 'end of expression', at }]
}

function next(source: string, at: number): readonly [Token['kind'] | 'space', string] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const text = pattern.exec(source)?.[0]
    if (text !== undefined) return [kind, text]
  }
  throw new CelSyntaxError(`Syntax error: unexpected ${JSON.stringify(source[at])} at position ${at}`)
}

function unquote(literal: string): string {
  const isRaw = /^[rR]/.test(literal)
  const quoted = isRaw ? literal.slice(1) : literal
  const width = quoted.startsWith("'''") || quoted.startsWith('"""') ? 3 : 1
  const inner = quoted.slice(width, -width)
  return isRaw
    ? inner
    : inner.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (_, escape: string) => unescape(escape))
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

function unescape(escape: string): string {
  if (escape.length > 1) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16))
  const known = escapes[escape]
  if (known !== undefined) return known
  if ('\\\'"`?'.includes(escape)) return escape
  throw new CelSyntaxError(`Syntax error: unknown escape \\${escape}`)
}
