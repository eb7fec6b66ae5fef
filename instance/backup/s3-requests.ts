// The requests of an upload, one function each.
import type { S3Session } from './s3-client.ts'
import { notS3 } from './s3-errors.ts'

/** The object that is to be. */
export interface ObjectRequest {
  readonly session: S3Session
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
  readonly contentType: string
  /** Of this attempt alone, in the object's metadata: tells our object from one that somebody else put there. */
  readonly mark: string
}

export const uploadMark = 'redis-operator-upload'

/** What makes the store refuse to replace an object; empty where it does not know how. */
export interface Condition {
  readonly IfNoneMatch?: '*'
}

export async function putObject(
  object: ObjectRequest,
  bytes: Buffer,
  condition: Condition,
  signal: AbortSignal,
): Promise<void> {
  const { sdk, patient } = object.session
  const command = new sdk.PutObjectCommand({ ...newObject(object), ...condition, Body: bytes })
  await explained(object, () => patient.send(command, { abortSignal: signal }))
}

export async function createUpload(object: ObjectRequest, signal: AbortSignal): Promise<string> {
  const { sdk, quick } = object.session
  const command = new sdk.CreateMultipartUploadCommand(newObject(object))
  const { UploadId } = await explained(object, () => quick.send(command, { abortSignal: signal }))
  if (UploadId !== undefined) return UploadId
  throw notS3({ ...object.session.location, key: object.key }, 'began no upload')
}

export interface PartRequest {
  readonly uploadId: string
  readonly number: number
  readonly bytes: Buffer
}

/** Resolves with its ETag. */
export async function sendPart(
  object: ObjectRequest,
  part: PartRequest,
  signal: AbortSignal,
): Promise<string> {
  const { sdk, patient } = object.session
  const { uploadId: UploadId, number: PartNumber, bytes: Body } = part
  const command = new sdk.UploadPartCommand({ ...place(object), UploadId, PartNumber, Body })
  const { ETag = '' } = await explained(object, () => patient.send(command, { abortSignal: signal }))
  return ETag
}

export async function completeUpload(
  object: ObjectRequest,
  uploadId: string,
  etags: readonly string[],
  condition: Condition,
  signal: AbortSignal,
): Promise<void> {
  const { sdk, completing } = object.session
  const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }))
  const parts = { UploadId: uploadId, MultipartUpload: { Parts } }
  const command = new sdk.CompleteMultipartUploadCommand({ ...place(object), ...parts, ...condition })
  await explained(object, () => completing.send(command, { abortSignal: signal }))
}

/** Also resolves when there is no such upload. */
export async function abortUpload(
  object: Pick<ObjectRequest, 'session' | 'key'>,
  uploadId: string,
  signal?: AbortSignal,
): Promise<void> {
  const { sdk, patient, explain } = object.session
  try {
    const command = new sdk.AbortMultipartUploadCommand({ ...place(object), UploadId: uploadId })
    await patient.send(command, { ...(signal && { abortSignal: signal }) })
  } catch (error) {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
    if (name !== 'NoSuchUpload' && $metadata?.httpStatusCode !== 404)
      throw explain(error, object.key, 'abort')
  }
}

async function explained<T>({ session, key }: ObjectRequest, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    const failure = session.explain(error, key, 'write')
    if (failure.reason === 'Missing') throw notS3({ ...session.location, key }, 'answers 404 to an upload')
    throw failure
  }
}

const place = ({
  session,
  key,
}: Pick<ObjectRequest, 'session' | 'key'>): { Bucket: string; Key: string } => ({
  Bucket: session.location.bucket,
  Key: key,
})

interface NewObject {
  readonly Bucket: string
  readonly Key: string
  readonly ContentType: string
  readonly Metadata: Record<string, string>
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms'
  readonly SSEKMSKeyId?: string
}

function newObject(object: ObjectRequest): NewObject {
  const { serverSideEncryption, kmsKeyID } = object.session.location
  return {
    ...place(object),
    ContentType: object.contentType,
    Metadata: { ...object.metadata, [uploadMark]: object.mark },
    ...(serverSideEncryption && { ServerSideEncryption: serverSideEncryption }),
    ...(serverSideEncryption === 'aws:kms' && kmsKeyID !== undefined && { SSEKMSKeyId: kmsKeyID }),
  }
}
