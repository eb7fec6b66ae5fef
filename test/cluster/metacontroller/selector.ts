// Label selectors, as far as the rules of our customize hooks use them.
import { isObject } from './merge.ts'

/** No selector selects everything. */
export function matchesSelector(selector: unknown, labels: Readonly<Record<string, string>> = {}): boolean {
  const { matchLabels = {}, ...others } = isObject(selector) ? selector : {}
  if (!isObject(matchLabels) || Object.keys(others).length > 0)
    throw new Error('this stand-in for Metacontroller knows matchLabels only')
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
}
