// The additionalPrinterColumns of a CRD, with the part of JSONPath that they use.
import { isFields, type ApiObject } from '../object.ts'
import { ageColumn, column, nameColumn, since, type Column } from './columns.ts'

export interface PrinterColumn {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

export function customColumns(printed: readonly PrinterColumn[] | undefined): readonly Column[] {
  if (printed === undefined || printed.length === 0) return [nameColumn, ageColumn]
  return [nameColumn, ...printed.map(customColumn)]
}

function customColumn({ name, type, jsonPath, ...options }: PrinterColumn): Column {
  const steps = stepsOf(jsonPath)
  const cell = (object: ApiObject): unknown => {
    const [value] = follow(object, steps)
    if (value === undefined || value === null) return null
    if (type === 'date') return since(value)
    return type === 'string' && typeof value === 'object' ? JSON.stringify(value) : value
  }
  return column(name, cell, { type, ...options })
}

type Step = (values: readonly unknown[]) => readonly unknown[]

const follow = (object: unknown, steps: readonly Step[]): readonly unknown[] =>
  steps.reduce<readonly unknown[]>((values, step) => step(values), [object])

/** `.a.b`, `['a']`, `[0]`, `[*]` and `[?(@.a=="b")]`. */
function stepsOf(path: string): readonly Step[] {
  const pieces = path.matchAll(
    /\.((?:\\.|[^.[\\])+)|\['([^']*)'\]|\[(\d+)\]|\[(\*)\]|\[\?\(@\.([^=]+)==\s*["']([^"']*)["']\)\]/g,
  )
  return [...pieces].map(([, field, quoted, index, all, key, value]) => {
    if (field !== undefined) return pick(field.replace(/\\(.)/g, '$1'))
    if (quoted !== undefined) return pick(quoted)
    if (index !== undefined)
      return (values) => values.flatMap((each) => items(each).slice(Number(index), Number(index) + 1))
    if (all !== undefined) return (values) => values.flatMap(items)
    return (values) =>
      values.flatMap(items).filter((each) => isFields(each) && each[(key ?? '').trim()] === value)
  })
}

const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

const pick =
  (name: string): Step =>
  (values) =>
    values.flatMap((each) => (isFields(each) && each[name] !== undefined ? [each[name]] : []))
