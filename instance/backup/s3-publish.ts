// Makes an uploaded object appear, never in place of another one, and looks whether it is there.
import { S3Failure } from './s3-errors.ts'
import { headObject, type MarkedObject } from './s3-objects.ts'
import { completeUpload, putObject, type Condition, type ObjectRequest } from './s3-requests.ts'
import { StoreError } from './store.ts'

/** How far an object has come. */
export interface Publication {
  readonly object: ObjectRequest
  /** By number of the part, from 0. */
  readonly etags: string[]
  /** Sent. */
  bytes: number
  uploadId?: string
  /** The request that makes it appear was sent: it may be there even if nobody said so. */
  tried: boolean
}

export async function publishWhole(
  publication: Publication,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<void> {
  await publish(publication, signal, (condition) => putObject(publication.object, bytes, condition, signal))
}

export async function publishParts(
  publication: Publication,
  uploadId: string,
  signal: AbortSignal,
): Promise<void> {
  const { object, etags } = publication
  await publish(publication, signal, (condition) =>
    completeUpload(object, uploadId, etags, condition, signal),
  )
}

export async function refuseTaken({ session, key }: ObjectRequest, signal: AbortSignal): Promise<void> {
  if ((await headObject(session, key, { signal })) === undefined) return
  throw session.explain(Object.assign(new Error(), { name: 'PreconditionFailed' }), key, 'write')
}

/** Who may write but not read cannot look. */
export async function lookUp({ object }: Publication): Promise<MarkedObject | 'Denied' | undefined> {
  try {
    return await headObject(object.session, object.key, { client: object.session.patient })
  } catch (error) {
    if (error instanceof StoreError && error.reason === 'AccessDenied') return 'Denied'
    throw error
  }
}

async function publish(
  publication: Publication,
  signal: AbortSignal,
  request: (condition: Condition) => Promise<void>,
): Promise<void> {
  publication.tried = true
  try {
    await request({ IfNoneMatch: '*' })
  } catch (error) {
    if (!(error instanceof S3Failure && error.status === 501)) throw error
    await refuseTaken(publication.object, signal)
    await request({})
  }
  await verify(publication)
}

/** A store that says yes and holds something else is no store for a backup. */
async function verify(publication: Publication): Promise<void> {
  const { bytes, object } = publication
  const stored = await lookUp(publication)
  if (stored === 'Denied' || stored?.bytes === bytes) return
  const found = stored === undefined ? 'has nothing there' : `holds ${stored.bytes} bytes there`
  const message =
    `The store acknowledged ${bytes} bytes as s3://${object.session.location.bucket}/${object.key}, but ${found}. ` +
    'Look at the store: it loses what it is given.'
  throw new StoreError('StoreFailed', true, message)
}
