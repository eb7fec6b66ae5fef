// Small TypeBox building blocks that Kubernetes' structural schemas can express.
import { Type, type TSchema } from '@sinclair/typebox'

export interface Rule {
  readonly rule: string
  readonly message: string
}

export const rules = (...validations: readonly Rule[]): Record<string, unknown> => ({
  'x-kubernetes-validations': validations,
})

export const oneOf = <const T extends readonly string[]>(
  values: T,
  options: Record<string, unknown>,
): TSchema & { static: T[number] } =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options })

export const quantityPattern = '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$'
export const objectNamePattern = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'

export const Quantity = (options: Record<string, unknown>): TSchema & { static: string } =>
  Type.Unsafe<string>({ type: 'string', pattern: quantityPattern, maxLength: 32, ...options })

export const Quantities = Type.Optional(
  Type.Unsafe<Record<string, string | number>>({
    type: 'object',
    additionalProperties: {
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      pattern: quantityPattern,
      'x-kubernetes-int-or-string': true,
    },
    maxProperties: 16,
  }),
)

export const text = (maxLength: number, description?: string): TSchema & { static: string } =>
  Type.Unsafe<string>({ type: 'string', maxLength, ...(description === undefined ? {} : { description }) })

export const names = (description: string): TSchema & { static: string[] } =>
  Type.Unsafe<string[]>({
    type: 'array',
    items: { type: 'string', maxLength: 253 },
    maxItems: 64,
    description,
  })
