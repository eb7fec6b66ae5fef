// A program: s3rver on a loopback port, with what it lacks of S3. Reads one line of JSON from its parent, writes one, ends with it.
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { once } from 'node:events'

export interface StoreOptions {
  readonly folder: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly key?: string
  readonly cert?: string
  /** S3 refuses a conditional write where there is an object; some stores overlook the condition. */
  readonly conditional: boolean
  /** Uploads that one answer lists at most. */
  readonly pageSize: number
}

/** Where s3rver keeps things. */
export const uploadsFolder = '._S3rver_uploads'
export const objectSuffix = '._S3rver_object'

interface Context {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  status: number
  type: string
  body: unknown
}
type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>
type PutContent = (path: string, content: unknown) => Promise<unknown>

type PutParts = (bucket: string, uploadId: string, parts: readonly UploadedPart[]) => Promise<unknown>
interface UploadedPart {
  readonly number: number
  readonly etag: string
}

interface Server {
  readonly middleware: Middleware[]
  readonly store: {
    putContent: PutContent
    putObjectMultipart: PutParts
    existsObject(bucket: string, key: string): Promise<boolean>
  }
  run(): Promise<{ readonly port: number }>
  on(event: 'error', listener: () => void): void
}

const require = createRequire(import.meta.url)
const S3rver = require('@20minutes/s3rver') as new (options: object) => Server
const { DUMMY_ACCOUNT } = require('@20minutes/s3rver/lib/models/account') as {
  DUMMY_ACCOUNT: { createKeyPair(accessKeyId: string, secretAccessKey: string): void }
}
const S3Error = require('@20minutes/s3rver/lib/models/error') as new (code: string, text: string) => Error

async function serve(options: StoreOptions): Promise<number> {
  const { folder, bucket, key, cert } = options
  DUMMY_ACCOUNT.createKeyPair(options.accessKeyId, options.secretAccessKey)
  await mkdir(join(folder, bucket), { recursive: true })
  const own = { address: '127.0.0.1', port: 0, silent: true, vhostBuckets: false, directory: folder }
  const server = new S3rver({ ...own, ...(key !== undefined && cert !== undefined && { key, cert }) })
  server.on('error', () => undefined)
  server.store.putObjectMultipart = knownParts(
    join(folder, bucket, uploadsFolder),
    server.store.putObjectMultipart.bind(server.store),
  )
  server.store.putContent = wholeOnly(server.store.putContent.bind(server.store))
  if (options.conditional) server.middleware.unshift(refuseTaken(server, bucket))
  server.middleware.unshift(uploads(join(folder, bucket, uploadsFolder)))
  server.middleware.unshift(listing(join(folder, bucket, uploadsFolder), options.pageSize))
  return (await server.run()).port
}

/** What is cut off on its way appears under no name. */
function wholeOnly(putContent: PutContent): PutContent {
  let count = 0
  return async (path, content) => {
    count += 1
    const arriving = `${path}.arriving-${count}`
    try {
      const result = await putContent(arriving, content)
      await rename(arriving, path)
      return result
    } catch (error) {
      await rm(arriving, { force: true })
      throw error
    }
  }
}

function knownParts(folder: string, putParts: PutParts): PutParts {
  return async (bucket, uploadId, parts) => {
    for (const { number, etag } of parts) {
      const sum = await readFile(join(folder, uploadId, `${number}.md5`), 'utf8').catch(() => undefined)
      if (sum !== etag) throw new S3Error('InvalidPart', `Part ${number} could not be found.`)
    }
    return putParts(bucket, uploadId, parts)
  }
}

function refuseTaken({ store }: Server, bucket: string): Middleware {
  return async ({ headers, path }, next) => {
    const key = decodeURIComponent(path).slice(bucket.length + 2)
    if (headers['if-none-match'] === '*' && (await store.existsObject(bucket, key)))
      throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
    await next()
  }
}

/** s3rver refuses to abort uploads, once it has checked the signature; and takes parts of uploads that it does not know. */
function uploads(folder: string): Middleware {
  return async (context, next) => {
    const { uploadId } = context.query
    if (uploadId === undefined) return next()
    const known = (await readdir(folder).catch((): string[] => [])).includes(uploadId)
    if (!known) throw new S3Error('NoSuchUpload', 'The specified upload does not exist.')
    await next().catch((error: unknown) => {
      if (context.method !== 'DELETE' || (error as { code?: string }).code !== 'MethodNotAllowed') throw error
    })
    if (context.method !== 'DELETE') return
    await rm(join(folder, uploadId), { recursive: true, force: true })
    context.status = 204
  }
}

/** It refuses to list uploads; and drops the last slash of a bucket's path, so that no signature of such a request fits. */
function listing(folder: string, pageSize: number): Middleware {
  return async (context, next) => {
    const { method, query } = context
    const isListing = method === 'GET' && query['uploads'] !== undefined
    await next().catch((error: unknown) => {
      const { code = '' } = error as { code?: string }
      if (!isListing || !['NotImplemented', 'MethodNotAllowed', 'SignatureDoesNotMatch'].includes(code))
        throw error
    })
    if (!isListing) return
    context.status = 200
    context.type = 'application/xml'
    context.body = listed(await uploadsIn(folder, query['prefix'] ?? ''), query, pageSize)
  }
}

interface StoredUpload {
  readonly Key: string
  readonly UploadId: string
  readonly Initiated: string
}

async function uploadsIn(folder: string, prefix: string): Promise<readonly StoredUpload[]> {
  const ids = await readdir(folder).catch((): string[] => [])
  const all = await Promise.all(
    ids.map(async (id) => ({
      Key: await readFile(join(folder, id, 'key'), 'utf8'),
      UploadId: id,
      Initiated: (await stat(join(folder, id))).birthtime.toISOString(),
    })),
  )
  const inOrder = (upload: StoredUpload): string => `${upload.Key}\0${upload.UploadId}`
  return all.filter(({ Key }) => Key.startsWith(prefix)).sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1))
}

function listed(all: readonly StoredUpload[], query: Context['query'], pageSize: number): string {
  const { 'key-marker': key = '', 'upload-id-marker': id = '' } = query
  const left = all.filter(({ Key, UploadId }) => Key > key || (Key === key && UploadId > id))
  const page = left.slice(0, pageSize)
  const last = page.at(-1)
  const next = { NextKeyMarker: last?.Key ?? '', NextUploadIdMarker: last?.UploadId ?? '' }
  const uploads = page.map((upload) => `<Upload>${elements({ ...upload })}</Upload>`).join('')
  const rest = elements({ IsTruncated: String(left.length > page.length), ...next })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ListMultipartUploadsResult>${uploads}${rest}</ListMultipartUploadsResult>`
}

const elements = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`)
    .join('')

if (import.meta.main) {
  process.stdin.once('end', () => process.exit(0))
  const [line] = (await once(process.stdin.setEncoding('utf8'), 'data')) as [string]
  console.log(await serve(JSON.parse(line) as StoreOptions))
}
