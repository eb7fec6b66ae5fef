// The image's command on the bundles that `npm run build` made.
import { delimiter, dirname, resolve } from 'node:path'

export const launcher = resolve(import.meta.dirname, '../../bin/redis-operator')

/** With this Node first. */
export const path = [dirname(process.execPath), process.env['PATH']].join(delimiter)
