// The random end of a generated name.
import { randomBytes } from 'node:crypto'

/** No vowels: no words come out. */
const letters = 'bcdfghjklmnpqrstvwxz2456789'

export const randomSuffix = (): string =>
  [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('')
