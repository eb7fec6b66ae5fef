// Whether a request carries the bearer token that Metacontroller was given. Without a token file every request may come in.
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** Read each time: a mounted Secret changes under its path. An empty file lets nobody in. */
export async function isAuthorized(header: string | undefined, tokenFile: string): Promise<boolean> {
  const token = (await readFile(tokenFile, 'utf8')).trim()
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1]
  return token !== '' && given !== undefined && isSameText(given, token)
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function isSameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
