// Single requests about one object: what it is, and away with it.
import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { S3Session } from './s3-client.ts'
import { notS3 } from './s3-errors.ts'
import { uploadMark } from './s3-requests.ts'
import type { StoredObject, StoreError } from './store.ts'

export interface MarkedObject extends StoredObject {
  /** Of the `put` that wrote it. */
  readonly mark: string | undefined
}

interface HeadOptions {
  readonly client?: S3Client
  readonly signal?: AbortSignal
}

/** Undefined when there is none. */
export async function headObject(
  session: S3Session,
  key: string,
  { client = session.quick, signal }: HeadOptions = {},
): Promise<MarkedObject | undefined> {
  const { sdk, location } = session
  try {
    const question = new sdk.HeadObjectCommand({ Bucket: location.bucket, Key: key })
    const answer = await client.send(question, { ...(signal && { abortSignal: signal }) })
    if (answer.ETag === undefined) throw notS3({ ...location, key }, 'tells no ETag')
    return markedObject(answer)
  } catch (error) {
    const refusal = await reasonOf(session, key, error)
    if (refusal.reason === 'Missing') return undefined
    throw refusal
  }
}

export async function removeObject(session: S3Session, key: string): Promise<void> {
  const { sdk, location } = session
  try {
    await session.patient.send(new sdk.DeleteObjectCommand({ Bucket: location.bucket, Key: key }))
  } catch (error) {
    const failure = session.explain(error, key, 'remove')
    if (failure.reason !== 'Missing') throw failure
  }
}

function markedObject({ ContentLength = 0, Metadata = {} }: HeadObjectCommandOutput): MarkedObject {
  const { [uploadMark]: mark, ...metadata } = Object.fromEntries(
    Object.entries(Metadata).map(([name, value]) => [name.toLowerCase(), value]),
  )
  return { bytes: ContentLength, metadata, mark }
}

/** The answer to HEAD has no body and so no reason: the same question as GET has one. */
async function reasonOf(session: S3Session, key: string, error: unknown): Promise<StoreError> {
  const { httpStatusCode = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {}
  if (httpStatusCode < 300 || httpStatusCode >= 500) return session.explain(error, key, 'read')
  const { sdk, location, quick } = session
  const stop = new AbortController()
  try {
    const question = new sdk.GetObjectCommand({ Bucket: location.bucket, Key: key, Range: 'bytes=0-0' })
    await quick.send(question, { abortSignal: stop.signal })
    return session.explain(error, key, 'read')
  } catch (clearer) {
    return session.explain(clearer, key, 'read')
  } finally {
    stop.abort()
  }
}
