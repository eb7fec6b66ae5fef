// A redis-server that takes its time for each key, so that a test can act while it loads or writes.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Slowness {
  readonly loadMicroseconds?: number
  readonly saveMicroseconds?: number
}

/** Its path: for --redis-server. */
export function slowServer(root: string, { loadMicroseconds = 0, saveMicroseconds = 0 }: Slowness): string {
  const path = join(root, 'slow-redis-server')
  const script = `#!/bin/sh
[ "$1" = --version ] && exec redis-server --version
exec redis-server "$1" --key-load-delay ${loadMicroseconds} --rdb-key-save-delay ${saveMicroseconds}\n`
  writeFileSync(path, script, { mode: 0o755 })
  return path
}
