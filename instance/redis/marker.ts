// The marker in the data: a function library that names cluster and reign. It is replicated, in the AOF, and survives FLUSHALL.
import type { Call } from './control.ts'

const library = 'redis_operator_reign'

/** The reign of this cluster that the data come from; undefined when they do not say, or come from another cluster. */
export async function readMarker(call: Call, clusterUID: string): Promise<number | undefined> {
  const answer = await call('FUNCTION', 'LIST', 'LIBRARYNAME', library, 'WITHCODE')
  const [, uid, epoch] = /return '([^'/]*)\/([0-9]+)'/.exec(JSON.stringify(answer)) ?? []
  return uid === clusterUID && epoch !== undefined ? Number(epoch) : undefined
}

/** Only a primary can; its replicas receive it like any write. */
export async function writeMarker(call: Call, clusterUID: string, epoch: number): Promise<void> {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(clusterUID)) throw new Error('the UID of the cluster is not one')
  const code = [
    `#!lua name=${library}`,
    `redis.register_function{function_name='${library}', flags={'no-writes'},`,
    ` callback=function() return '${clusterUID}/${epoch}' end}`,
  ].join('\n')
  await call('FUNCTION', 'LOAD', 'REPLACE', code)
}

/** Whoever's it is. */
export async function removeMarker(call: Call): Promise<void> {
  const found = (await call('FUNCTION', 'LIST', 'LIBRARYNAME', library)) as readonly unknown[]
  if (found.length > 0) await call('FUNCTION', 'DELETE', library)
}
