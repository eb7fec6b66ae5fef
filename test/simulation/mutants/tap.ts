// Reads what node --test reports: which titles passed.

/** Later ones of the same title count only when they failed. */
export function outcomes(tap: string): ReadonlyMap<string, boolean> {
  const passed = new Map<string, boolean>()
  for (const [, not, title = ''] of tap.matchAll(/^ *(not )?ok \d+ - (.*?)(?: # .*)?$/gm))
    passed.set(unescaped(title), not === undefined && passed.get(unescaped(title)) !== false)
  return passed
}

const unescaped = (title: string): string => title.replace(/\\([#\\])/g, '$1')
