// Who may command an instance: whoever holds the control token, when one is mounted. Reading is open.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Config } from './config.ts'

/** Undefined when the request may go on; otherwise what to do about it. */
export function refusedBecause(
  authorization: string | undefined,
  token: string | undefined,
  config: Config,
): string | undefined {
  if (token === undefined)
    return config.cluster === undefined ? undefined : 'the control token is not mounted yet'
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
  return given !== undefined && sameText(given, token) ? undefined : howTo(config)
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function howTo({ cluster }: Config): string {
  const secret = `${cluster?.name ?? '<cluster>'}-control`
  const namespace = cluster?.namespace ?? '<namespace>'
  return [
    'send the control token:',
    `TOKEN=$(kubectl get secret -n ${namespace} ${secret} -o jsonpath='{.data.token}' | base64 -d);`,
    `curl -X POST -H "Authorization: Bearer $TOKEN" http://${cluster?.podIp ?? '<pod-ip>'}:8080/v1/...`,
  ].join(' ')
}
