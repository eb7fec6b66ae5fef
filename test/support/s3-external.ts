// The store that S3_TEST_ENDPOINT names, looked at by listing: for tests against MinIO, Ceph, AWS and others.
import {
  S3Client,
  paginateListObjectsV2,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3'

export interface ExternalStore {
  readonly endpoint: string
  readonly bucket: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  objects(path: string): Promise<readonly { readonly key: string; readonly bytes: number }[]>
  unfinishedUploads(path: string): Promise<readonly string[]>
  empty(path: string): Promise<void>
}

/** Undefined when no store is named. The bucket must exist. */
export function externalStore(env: NodeJS.ProcessEnv): ExternalStore | undefined {
  const { S3_TEST_ENDPOINT: endpoint, S3_TEST_BUCKET: Bucket } = env
  const { S3_TEST_ACCESS_KEY_ID: accessKeyId, S3_TEST_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (endpoint === undefined) return undefined
  if (Bucket === undefined || accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(
      'S3_TEST_ENDPOINT needs S3_TEST_BUCKET, S3_TEST_ACCESS_KEY_ID and S3_TEST_SECRET_ACCESS_KEY',
    )
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
  const objects: ExternalStore['objects'] = async (path) => {
    const found: { key: string; bytes: number }[] = []
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: `${path}/` }))
      for (const { Key = '', Size = 0 } of Contents) found.push({ key: Key, bytes: Size })
    return found
  }
  return {
    endpoint,
    bucket: Bucket,
    credentials,
    objects,
    async unfinishedUploads(path) {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
      return Uploads.filter(({ Key = '' }) => Key.startsWith(`${path}/`)).map(({ UploadId = '' }) => UploadId)
    },
    async empty(path) {
      for (const { key } of await objects(path))
        await client.send(new DeleteObjectCommand({ Bucket, Key: key }))
      client.destroy()
    },
  }
}
