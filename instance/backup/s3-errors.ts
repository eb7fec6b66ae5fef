// Says in one word and one sentence why a call to an S3 store failed: what happened, why, what to do. Never a credential.
import { StoreError, type StoreReason } from './store.ts'

/** What the sentences are about. */
export interface Subject {
  readonly bucket: string
  readonly key: string
  /** URL of the store; AWS when absent. */
  readonly endpoint?: string
  /** What it takes to do what was refused. */
  readonly right: Right
  /** Must not be told: stores quote them now and then. */
  readonly secrets: readonly string[]
}

/** As AWS calls them. */
const rights = {
  read: "s3:GetObject there, and s3:ListBucket on the bucket: without the latter 'denied' may mean 'there is none'",
  write: 's3:PutObject there, and with aws:kms the use of the key',
  remove: 's3:DeleteObject there',
  abort: 's3:AbortMultipartUpload there',
  listUploads: 's3:ListBucketMultipartUploads on the bucket',
} as const
export type Right = keyof typeof rights

/** A refusal of the store itself; `code` is S3's word for it. */
export class S3Failure extends StoreError {
  readonly code: string
  readonly status: number | undefined
  constructor(verdict: Verdict, { code, status, words }: Failure) {
    // The SDK's own error would carry the whole exchange along, signature and session token included.
    const cause = new Error(words)
    cause.name = code
    super(verdict.reason, verdict.retriable, verdict.sentence, { cause })
    this.code = code
    this.status = status
  }
}

export function explain(error: unknown, subject: Subject): StoreError {
  const own = ownError(error)
  if (own !== undefined) return own
  const failure = failureOf(error, subject.secrets)
  return new S3Failure(verdictOf(failure, subject), failure)
}

/** What answers there is something else, or stands between. */
export function notS3(
  { bucket, key, endpoint = 'AWS S3' }: Omit<Subject, 'secrets' | 'right'>,
  why: string,
): StoreError {
  const message = `${endpoint} ${why} for s3://${bucket}/${key}. Check that the endpoint is an S3 store.`
  return new StoreError('StoreFailed', false, message)
}

interface Failure {
  readonly code: string
  readonly status: number | undefined
  /** What the store or the network said, without secrets. */
  readonly words: string
}

interface Verdict {
  readonly reason: StoreReason
  readonly retriable: boolean
  readonly sentence: string
}

interface SdkError {
  readonly name?: string
  readonly code?: string
  readonly message?: string
  readonly cause?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** The SDK wraps what our credentials provider throws. */
function ownError(error: unknown): StoreError | undefined {
  if (error instanceof StoreError) return error
  return error instanceof Error && error.cause !== undefined ? ownError(error.cause) : undefined
}

function failureOf(error: unknown, secrets: readonly string[]): Failure {
  const { name = 'Error', code, message = '', $metadata } = error as SdkError
  const plain = message
    .replace(/^@smithy\/\S+ - /, '')
    .replace(/\s+/g, ' ')
    .trim()
  const known = secrets.filter(({ length }) => length >= 4)
  const words = known.reduce((text, secret) => text.replaceAll(secret, '***'), plain).slice(0, 300)
  const own = networkCode(error) ?? (name === 'Error' ? (code ?? name) : name)
  return { code: own, status: $metadata?.httpStatusCode, words }
}

const networkCodes = /^(E(?!RR_)[A-Z_]+|ERR_(SSL|TLS)_.*|CERT_.*|.*_CERT(_.*)?|UNABLE_.*)$/

/** ECONNREFUSED and the like: of the error, of its cause, or of the addresses that were tried. */
function networkCode(error: unknown): string | undefined {
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  if (typeof code === 'string' && networkCodes.test(code)) return code
  if (Array.isArray(errors)) return networkCode(errors[0] ?? {})
  return typeof cause === 'object' && cause !== null ? networkCode(cause) : undefined
}

type Rule = readonly [
  match: RegExp | ((failure: Failure) => boolean),
  reason: StoreReason,
  retriable: boolean,
  sentence: (subject: Subject, failure: Failure) => string,
]

const uri = ({ bucket, key }: Subject): string => `s3://${bucket}/${key}`
const storeOf = ({ endpoint = 'AWS S3' }: Subject): string => endpoint
/** An answer without a body has no code. */
function said({ code, status, words }: Failure): string {
  const known = code === 'Unknown' ? [] : [code]
  const title = [...known, ...(status === undefined ? [] : [`HTTP ${status}`])].join(', ')
  return ['', 'UnknownError', code].includes(words) ? title : `${title}: ${words.replace(/\.$/, '')}`
}

/** The first that matches decides. */
const rules: readonly Rule[] = [
  [/^AbortError$/, 'Aborted', false, (s) => `The transfer of ${uri(s)} was called off.`],
  [
    /^CredentialsProviderError$/,
    'CredentialsMissing',
    false,
    () =>
      'There are no credentials: the credentials Secret holds no access key, and the platform gives this Pod no identity. ' +
      'Put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into the Secret that backupCredentialsSecret names.',
  ],
  [
    /^(EPROTO|ERR_SSL_.*)$/,
    'Unreachable',
    false,
    (s, f) =>
      `${storeOf(s)} does not speak TLS as it should (${said(f)}). Check the port of the endpoint, and https against http.`,
  ],
  [
    /CERT|ISSUER|^UNABLE_TO_VERIFY|^ERR_TLS/,
    'Unreachable',
    false,
    (s, f) =>
      `${storeOf(s)} cannot be trusted (${said(f)}). If a private CA signed its certificate, put that CA under ca.crt ` +
      'into the credentials Secret; otherwise correct the certificate, or the endpoint.',
  ],
  [
    /^(E[A-Z_]+|TimeoutError|RequestTimeout)$/,
    'Unreachable',
    true,
    (s, f) =>
      `${storeOf(s)} cannot be reached, or fell silent (${said(f)}). Check the endpoint, its DNS name, network policies, ` +
      'and that the store runs.',
  ],
  [
    /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/,
    'ClockSkewed',
    false,
    (s, f) =>
      `${storeOf(s)} refuses the request because the clocks differ too much (${said(f)}). ` +
      'Set the clocks of the node and of the store by NTP.',
  ],
  [
    /^(ExpiredToken|TokenRefreshRequired)/,
    'CredentialsRefused',
    true,
    (s, f) =>
      `${storeOf(s)} says that the session token has expired (${said(f)}). Renew the credentials Secret; ` +
      'its new content is used as soon as the Pod shows it.',
  ],
  [
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|InvalidSecurity|InvalidClientTokenId|NotSignedUp|Unauthorized)/,
    'CredentialsRefused',
    false,
    (s, f) =>
      `${storeOf(s)} refuses the credentials (${f.code}). Check access key and secret key in the credentials Secret, ` +
      'and that they belong to this endpoint.',
  ],
  [
    /^NoSuchBucket$/,
    'BucketMissing',
    false,
    (s) =>
      `There is no bucket ${s.bucket} at ${storeOf(s)}. Create it, or correct bucket, endpoint or region of the destination.`,
  ],
  [
    /^(PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint.*)$/,
    'StoreFailed',
    false,
    (s, f) =>
      `The bucket ${s.bucket} is in another region than the destination says (${said(f)}). Set its region, or its endpoint.`,
  ],
  [
    /^NotImplemented$/,
    'StoreFailed',
    false,
    (s, f) => `${storeOf(s)} cannot do what is asked of it (${said(f)}).`,
  ],
  [
    ({ code, status }) => status === 412 || status === 409 || code === 'PreconditionFailed',
    'Taken',
    false,
    (s) =>
      `There is an object ${uri(s)} already, and it is not replaced. Give the backup another name or path.`,
  ],
  [
    ({ code, status }) => status === 401 || status === 403 || code === 'AccessDenied',
    'AccessDenied',
    false,
    (s, f) =>
      `${storeOf(s)} denies access to ${uri(s)} (${said(f)}). The credentials lack a right: this takes ` +
      `${rights[s.right]}.`,
  ],
  [
    /^(NoSuchUpload|NoSuchPart|InvalidPart)$/,
    'StoreFailed',
    true,
    (s, f) =>
      `${storeOf(s)} has forgotten the upload of ${uri(s)} (${said(f)}). It starts over when it is tried again.`,
  ],
  [
    ({ code, status }) => status === 404 || code === 'NoSuchKey',
    'Missing',
    false,
    (s) =>
      `There is no object ${uri(s)} at ${storeOf(s)}. It was deleted, or the bucket or path is another one.`,
  ],
  [
    ({ code, status = 0 }) =>
      status >= 500 || status === 429 || /^(SlowDown|InternalError|Throttl)/.test(code),
    'StoreFailed',
    true,
    (s, f) => `${storeOf(s)} failed (${said(f)}). Try again; if it stays so, look at the store's own logs.`,
  ],
  [
    () => true,
    'StoreFailed',
    false,
    (s, f) =>
      `${storeOf(s)} refuses the request for ${uri(s)} (${said(f)}). Check that the endpoint is an S3 store.`,
  ],
]

function verdictOf(failure: Failure, subject: Subject): Verdict {
  for (const [match, reason, retriable, sentence] of rules) {
    const fits = match instanceof RegExp ? match.test(failure.code) : match(failure)
    if (fits) return { reason, retriable, sentence: sentence(subject, failure) }
  }
  throw new Error('the last rule matches everything')
}
