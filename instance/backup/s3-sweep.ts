// Takes away the parts of uploads that can no longer become an object, because there is one under their key.
import type { MultipartUpload } from '@aws-sdk/client-s3'
import type { S3Session } from './s3-client.ts'
import { abortUpload } from './s3-requests.ts'

/**
 * An upload does not say whose it is: it may be a dead one of ours, or a live one of another cluster. Before there is an object,
 * to end it could cost that cluster its backup; afterwards nobody who replaces no object can complete it.
 */
export async function sweepUploads(session: S3Session, key: string, signal: AbortSignal): Promise<void> {
  for (const { UploadId } of await uploadsOf(session, key, signal))
    if (UploadId !== undefined) await abortUpload({ session, key }, UploadId, signal)
}

async function uploadsOf(
  { sdk, location, quick, explain }: S3Session,
  key: string,
  abortSignal: AbortSignal,
): Promise<readonly MultipartUpload[]> {
  const found: MultipartUpload[] = []
  let after: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {}
  for (;;) {
    const question = new sdk.ListMultipartUploadsCommand({ Bucket: location.bucket, Prefix: key, ...after })
    const answer = await quick.send(question, { abortSignal }).catch((error: unknown) => {
      throw explain(error, key, 'listUploads')
    })
    const { Uploads = [], IsTruncated, NextKeyMarker, NextUploadIdMarker } = answer
    found.push(...Uploads.filter(({ Key }) => Key === key))
    if (IsTruncated !== true || NextKeyMarker === undefined) return found
    after = {
      KeyMarker: NextKeyMarker,
      ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }),
    }
  }
}
