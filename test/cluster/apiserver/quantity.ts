// Kubernetes quantities ("500m", "1Gi") as exact numbers, and their canonical spelling.

/** `nano` is exact: Kubernetes rounds up to billionths. */
export interface Quantity {
  readonly nano: bigint
  readonly format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent'
}

const billion = 1_000_000_000n
const decimal: readonly (readonly [string, number])[] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const shape = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+|)$/

/** Undefined for a text that is no quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  const [, sign, digits = '', suffix = ''] = shape.exec(text) ?? []
  if (sign === undefined) return undefined
  const [whole = '', fraction = ''] = digits.split('.')
  const power = binary.indexOf(suffix)
  const factor = suffix !== '' && power > 0 ? 1024n ** BigInt(power) : 1n
  const exponent = power >= 0 ? 0 : exponentOf(suffix)
  const nano = scaled(BigInt(`${whole}${fraction}` || '0') * factor, 9 + exponent - fraction.length)
  return { nano: sign === '-' ? -nano : nano, format: formatOf(suffix, power) }
}

/** "1024Mi" is written "1Gi", "0.5" is "500m": the largest unit that leaves no fraction. */
export function writeQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0'
  const isBinary = format === 'BinarySI' && nano % billion === 0n && absolute(nano) >= 1024n * billion
  if (isBinary) return withBinary(nano / billion)
  const [suffix, exponent] = [...decimal]
    .reverse()
    .find(([, power]) => nano % 10n ** BigInt(power + 9) === 0n) ?? ['n', -9]
  const value = nano / 10n ** BigInt(exponent + 9)
  if (format !== 'DecimalExponent' || exponent === 0) return `${value}${suffix}`
  return `${value}e${exponent}`
}

export const canonicalQuantity = (text: string): string => {
  const quantity = parseQuantity(text)
  return quantity === undefined ? text : writeQuantity(quantity)
}

function exponentOf(suffix: string): number {
  return decimal.find(([name]) => name === suffix)?.[1] ?? Number(suffix.slice(1))
}

function formatOf(suffix: string, power: number): Quantity['format'] {
  if (power > 0) return 'BinarySI'
  return /^[eE][+-]?\d/.test(suffix) ? 'DecimalExponent' : 'DecimalSI'
}

/** Rounds away from zero where digits are lost. */
function scaled(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent)
  const divisor = 10n ** BigInt(-exponent)
  return (value + divisor - 1n) / divisor
}

function withBinary(whole: bigint): string {
  let value = whole
  let power = 0
  while (value % 1024n === 0n && power < binary.length - 1) {
    value /= 1024n
    power += 1
  }
  return `${value}${binary[power] ?? ''}`
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value)
