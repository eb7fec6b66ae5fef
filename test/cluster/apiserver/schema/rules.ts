// Runs the x-kubernetes-validations of a schema: every rule where its value is, transition rules where there was one before.
import { evaluate, type Scope } from '../cel/evaluate.ts'
import { check, mentions } from '../cel/check.ts'
import { parse } from '../cel/parse.ts'
import type { Node } from '../cel/syntax.ts'
import { CelError, valueFrom } from '../cel/values.ts'
import type { Cause } from '../failure.ts'
import { isEqual, isFields } from '../object.ts'
import { fieldPath, keyPath, schemaOfField, type Rule, type Schema } from './schema.ts'

/** Causes for the rules that do not hold. `previous` is undefined where there was no such value. */
export function violations(schema: Schema, value: unknown, previous: unknown, path = ''): readonly Cause[] {
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) =>
    violation(rule, schema, value, previous, path),
  )
  return [...own, ...below(schema, value, previous, path)]
}

/** The rules that can never be evaluated, as a real server refuses them when the CRD is made. */
export function brokenRules(root: Schema, path: string): readonly Cause[] {
  return broken(withMetadata(root), path, true)
}

function broken(schema: Schema, path: string, isCorrelatable: boolean): readonly Cause[] {
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    brokenRule(rule, schema, `${path}.x-kubernetes-validations[${index}].rule`, isCorrelatable),
  )
  const { properties = {}, additionalProperties, items } = schema
  const keyed = isCorrelatable && schema['x-kubernetes-list-type'] === 'map'
  return [
    ...own,
    ...Object.entries(properties).flatMap(([name, each]) =>
      broken(each, `${path}.properties[${name}]`, isCorrelatable),
    ),
    ...(typeof additionalProperties === 'object'
      ? broken(additionalProperties, `${path}.additionalProperties`, isCorrelatable)
      : []),
    ...(items === undefined ? [] : broken(items, `${path}.items`, keyed)),
  ]
}

const parsed = new Map<string, Node>()

function nodeOf(text: string): Node {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const node = parse(text)
  parsed.set(text, node)
  return node
}

function brokenRule(rule: Rule, schema: Schema, field: string, isCorrelatable: boolean): readonly Cause[] {
  const types = new Map([
    ['self', schema],
    ['oldSelf', schema],
  ])
  try {
    for (const text of [rule.rule, rule.messageExpression ?? 'true']) check(nodeOf(text), types)
    if (!isCorrelatable && mentions(nodeOf(rule.rule), 'oldSelf'))
      throw new Error('oldSelf cannot be used on the uncorrelatable portion of the schema')
    return []
  } catch (error) {
    const message = `Invalid value: ${JSON.stringify(rule)}: compilation failed: ${(error as Error).message}`
    return [{ reason: 'FieldValueInvalid', message, field }]
  }
}

/** Rules at the root see the name of the object, whatever the schema says of metadata. */
function withMetadata(root: Schema): Schema {
  const text = { type: 'string' }
  const metadata = { type: 'object', properties: { name: text, generateName: text } }
  return { ...root, properties: { ...root.properties, apiVersion: text, kind: text, metadata } }
}

function violation(
  rule: Rule,
  schema: Schema,
  value: unknown,
  previous: unknown,
  path: string,
): readonly Cause[] {
  const node = nodeOf(rule.rule)
  const isTransition = mentions(node, 'oldSelf')
  if (value === undefined || value === null || (isTransition && previous === undefined)) return []
  const visible = path === '' ? withMetadata(schema) : schema
  const scope: Scope = new Map([
    ['self', valueFrom(value, visible)],
    ...(previous === undefined ? [] : ([['oldSelf', valueFrom(previous, visible)]] as const)),
  ])
  const message = failureOf(rule, node, scope)
  if (message === undefined) return []
  const at = path + (rule.fieldPath ?? '')
  const field = at === '' ? '<nil>' : at.replace(/^\./, '')
  const shown = typeof value === 'object' ? '' : `${JSON.stringify(value)}: `
  return [{ reason: rule.reason ?? 'FieldValueInvalid', message: `Invalid value: ${shown}${message}`, field }]
}

function failureOf(rule: Rule, node: Node, scope: Scope): string | undefined {
  try {
    if (evaluate(node, scope) === true) return undefined
  } catch (error) {
    if (error instanceof CelError) return `${error.message} evaluating rule: ${rule.message ?? rule.rule}`
    throw error
  }
  return expressed(rule, scope) ?? rule.message ?? `failed rule: ${rule.rule}`
}

function expressed({ messageExpression }: Rule, scope: Scope): string | undefined {
  if (messageExpression === undefined) return undefined
  try {
    const text = evaluate(nodeOf(messageExpression), scope)
    return typeof text === 'string' && text.trim() !== '' ? text : undefined
  } catch (error) {
    if (error instanceof CelError) return undefined
    throw error
  }
}

function below(schema: Schema, value: unknown, previous: unknown, path: string): readonly Cause[] {
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return []
    return value.flatMap((each: unknown, index) =>
      violations(items, each, sameItem(schema, each, previous), keyPath(path, String(index))),
    )
  }
  if (!isFields(value)) return []
  return Object.entries(value).flatMap(([name, each]) => {
    const of = schemaOfField(schema, name)
    const before = isFields(previous) ? previous[name] : undefined
    return of === undefined ? [] : violations(of, each, before, fieldPath(path, name))
  })
}

/** Only items of a list with keys can be told apart from one write to the next. */
function sameItem(schema: Schema, item: unknown, previous: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys']
  if (keys === undefined || !isFields(item) || !Array.isArray(previous)) return undefined
  return (previous as unknown[]).find(
    (each) => isFields(each) && keys.every((key) => isEqual(each[key], item[key])),
  )
}
