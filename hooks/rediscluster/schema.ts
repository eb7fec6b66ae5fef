// Small TypeBox building blocks that Kubernetes' structural schemas can express.
import {
  Type,
  type SchemaOptions,
  type TArray,
  type TLiteral,
  type TObject,
  type TString,
  type TUnion,
} from '@sinclair/typebox'

export interface Rule {
  readonly rule: string
  readonly message: string
}

/** CEL rules, checked by the API server at apply. */
export const rules = (...validations: readonly Rule[]): Record<string, unknown> => ({
  'x-kubernetes-validations': validations,
})

type Literals<T extends readonly string[]> = { -readonly [Index in keyof T]: TLiteral<T[Index]> }

/** An enumeration of texts. */
export function oneOf<const T extends readonly string[]>(
  values: T,
  options: SchemaOptions = {},
): TUnion<Literals<T>> {
  const literals = values.map((value) => Type.Literal(value)) as Literals<T>
  return Type.Union(literals, options) as TUnion<Literals<T>>
}

export const quantityPattern = '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$'
export const objectNamePattern = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'

/** A name of at most 63 characters, with or without a domain. */
export const labelKeyPattern =
  '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'
export const LabelValue = Type.String({
  maxLength: 63,
  pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$',
})

/** Resources by name; Kubernetes takes a number for its text. */
export const Quantities = Type.Record(
  Type.String(),
  Type.Union([Type.Integer(), Type.String()], {
    pattern: quantityPattern,
    'x-kubernetes-int-or-string': true,
  }),
  { maxProperties: 16 },
)

export const secretReference = (
  description: string,
  ofName = 'Name of the Secret.',
): TObject<{ name: TString }> =>
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 253, pattern: objectNamePattern, description: ofName }),
    },
    { description },
  )

export const text = (maxLength: number, description?: string): TString =>
  Type.String({ maxLength, ...(description === undefined ? {} : { description }) })

export const names = (description: string): TArray<TString> =>
  Type.Array(Type.String({ maxLength: 253 }), { maxItems: 64, description })

/** Of a status, in the shape that every kind of Kubernetes has. */
export const Condition = Type.Object({
  type: text(316),
  status: oneOf(['True', 'False', 'Unknown']),
  reason: text(1024),
  message: text(32768),
  lastTransitionTime: Type.String({ format: 'date-time' }),
  observedGeneration: Type.Integer({ format: 'int64' }),
})
