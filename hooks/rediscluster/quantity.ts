// Kubernetes quantities as numbers: only as precise as comparing volume sizes needs.

const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** "1Gi" → 1073741824; NaN for what is not a quantity. */
export function quantityValue(text: string): number {
  const [, digits, suffix = ''] = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)$/.exec(text) ?? []
  return Number(digits) * (factors[suffix] ?? NaN)
}
