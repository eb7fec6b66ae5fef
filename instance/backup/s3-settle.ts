// After a failed upload: finds out what the store has now, and takes back what is ours.
import { S3Failure } from './s3-errors.ts'
import { removeObject } from './s3-objects.ts'
import { lookUp, type Publication } from './s3-publish.ts'
import { abortUpload, type ObjectRequest } from './s3-requests.ts'
import { StoreError } from './store.ts'

/**
 * Resolves when our whole object is there all the same: an answer may get lost after the work was done. Otherwise nothing of
 * ours is left, and it rejects with the failure.
 */
export async function settle(publication: Publication, failure: unknown, calledOff: boolean): Promise<void> {
  const outcome = await outcomeOf(publication, failure, calledOff).catch((cause: unknown) => {
    throw withRemains(publication.object, failure, cause)
  })
  if (outcome === 'Stored') return
  if (outcome === 'Nothing' && failure instanceof S3Failure && failure.reason === 'Taken')
    throw conflict(publication.object, failure)
  throw failure
}

type Outcome = 'Stored' | 'Nothing' | 'Foreign'

/** The upload first: once it is gone, a late request cannot make the object appear any more. */
async function outcomeOf(publication: Publication, failure: unknown, calledOff: boolean): Promise<Outcome> {
  const { object, uploadId, tried, bytes } = publication
  if (uploadId !== undefined) await abortUpload(object, uploadId)
  if (!tried) return 'Foreign'
  const stored = await lookUp(publication)
  if (stored === undefined) return 'Nothing'
  if (stored === 'Denied') return deniedOutcome(failure)
  if (stored.mark !== object.mark) return 'Foreign'
  if (stored.bytes === bytes && !calledOff) return 'Stored'
  await removeObject(object.session, object.key)
  return 'Nothing'
}

/** A refusal says that nothing happened; after silence it is unknown. */
function deniedOutcome(failure: unknown): Outcome {
  if (failure instanceof S3Failure && failure.status !== undefined && failure.status < 500) return 'Foreign'
  throw new Error('the credentials may not look')
}

/** Two writers met, and neither has won. */
function conflict({ session, key }: ObjectRequest, cause: S3Failure): StoreError {
  const uri = `s3://${session.location.bucket}/${key}`
  const message = `The store refused ${uri} because somebody else wrote or deleted it meanwhile (${cause.code}). Try again.`
  return new StoreError('StoreFailed', true, message, { cause })
}

function withRemains({ session, key }: ObjectRequest, failure: unknown, cause: unknown): unknown {
  if (!(failure instanceof StoreError)) return failure
  const why = cause instanceof Error ? cause.message : String(cause)
  const message =
    `${failure.message} What was sent could not be taken back: look for s3://${session.location.bucket}/${key} and for ` +
    `unfinished uploads of it, and delete them. (${why})`
  return new StoreError(failure.reason, failure.retriable, message.slice(0, 1024), { cause: failure })
}
