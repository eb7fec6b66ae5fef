// JSON Merge Patch (RFC 7386): null removes, objects merge, all else replaces.
import { isFields, type Fields } from '../object.ts'

export function mergePatch(target: Fields, patch: Fields): Fields {
  const result = { ...target }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, name)
    else if (isFields(value)) {
      const previous = result[name]
      result[name] = mergePatch(isFields(previous) ? previous : {}, value)
    } else result[name] = value
  }
  return result
}
