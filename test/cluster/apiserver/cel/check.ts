// Refuses rules that could only fail when they are needed: unknown names, functions, fields, and bad patterns.
import { patternOf } from '../schema/bounds.ts'
import { keepsUnknown, schemaOfField, type Schema } from '../schema/schema.ts'
import { functions, methods } from './functions.ts'
import type { Call, Comprehension, Node, Select } from './syntax.ts'
import { CelSyntaxError } from './tokens.ts'

/** What is known of a value: its schema, or nothing. */
export type Types = ReadonlyMap<string, Schema | undefined>

/** Throws CelSyntaxError; answers what is known of the value of the expression. */
export function check(node: Node, types: Types): Schema | undefined {
  switch (node.kind) {
    case 'literal':
      return undefined
    case 'name':
      if (!types.has(node.name)) throw new CelSyntaxError(`undeclared reference to '${node.name}'`)
      return types.get(node.name)
    case 'select':
      return select(node, types)
    case 'has':
      select(node.select, types)
      return undefined
    case 'index':
      check(node.key, types)
      return elementOf(check(node.of, types))
    case 'choice': {
      checkAll([node.test, node.yes, node.no], types)
      return
    }
    case 'unary': {
      checkAll([node.of], types)
      return
    }
    case 'binary': {
      checkAll([node.left, node.right], types)
      return
    }
    case 'list': {
      checkAll(node.items, types)
      return
    }
    case 'map': {
      checkAll(node.entries.flat(), types)
      return
    }
    case 'call': {
      call(node, types)
      return
    }
    case 'comprehension': {
      comprehension(node, types)
      return
    }
  }
}

export function mentions(node: Node, name: string): boolean {
  if (node.kind === 'name') return node.name === name
  return Object.values(node).some((part: unknown) => mentionsIn(part, name))
}

function mentionsIn(part: unknown, name: string): boolean {
  if (Array.isArray(part)) return part.some((each: unknown) => mentionsIn(each, name))
  return typeof part === 'object' && part !== null && 'kind' in part && mentions(part as Node, name)
}

function checkAll(nodes: readonly Node[], types: Types): undefined {
  for (const node of nodes) check(node, types)
  return undefined
}

function select({ of, field }: Select, types: Types): Schema | undefined {
  const schema = check(of, types)
  if (schema === undefined) return undefined
  const below = schemaOfField(schema, field)
  if (below === undefined && !keepsUnknown(schema)) throw new CelSyntaxError(`undefined field '${field}'`)
  return below
}

function elementOf(schema: Schema | undefined): Schema | undefined {
  if (schema?.items !== undefined) return schema.items
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

function call({ name, on, args }: Call, types: Types): undefined {
  if (on !== undefined) check(on, types)
  checkAll(args, types)
  const table = on === undefined ? functions : methods
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  if (found === undefined) throw new CelSyntaxError(`undeclared reference to '${name}'`)
  if (!found.arities.includes(args.length))
    throw new CelSyntaxError(`found no matching overload for '${name}' applied to ${args.length} arguments`)
  const [pattern] = args
  if (name === 'matches' && pattern?.kind === 'literal') checkPattern(String(pattern.value))
  return undefined
}

function checkPattern(pattern: string): void {
  try {
    patternOf(pattern)
  } catch (cause) {
    throw new CelSyntaxError(`invalid matches argument: ${pattern}`, { cause })
  }
}

function comprehension({ of, variable, condition, body }: Comprehension, types: Types): undefined {
  const schema = check(of, types)
  const inner: Types = new Map([...types, [variable, schema?.items]])
  if (condition !== undefined) check(condition, inner)
  check(body, inner)
  return undefined
}
