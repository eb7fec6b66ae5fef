// The parts of a CEL expression.
export type Node =
  | { readonly kind: 'literal'; readonly value: null | boolean | bigint | number | string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
  | Select
  | { readonly kind: 'has'; readonly select: Select }
  | { readonly kind: 'index'; readonly of: Node; readonly key: Node }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly of: Node }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'choice'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | Call
  | Comprehension

export interface Select {
  readonly kind: 'select'
  readonly of: Node
  readonly field: string
}

/** `on` is undefined for a plain function. */
export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly on: Node | undefined
  readonly args: readonly Node[]
}

export const macros = ['all', 'exists', 'exists_one', 'map', 'filter'] as const
export type Macro = (typeof macros)[number]

/** `of.macro(variable, body)`; map may have a condition before its body. */
export interface Comprehension {
  readonly kind: 'comprehension'
  readonly macro: Macro
  readonly of: Node
  readonly variable: string
  readonly condition: Node | undefined
  readonly body: Node
}
