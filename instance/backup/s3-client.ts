// The SDK's clients for one store: credentials that follow the mounted Secret, a private CA, time-outs, and how patient each is.
import { getCACertificates } from 'node:tls'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3Location } from '../artifact.ts'
import { readAuthority, readCredentials, type Credentials } from './credentials.ts'
import { explain, type Right } from './s3-errors.ts'
import type * as s3Sdk from './s3-sdk.ts'
import type { StoreError } from './store.ts'

/** How long a silent or failing store is waited for. */
export interface Patience {
  readonly connectMs: number
  /** Without a byte in either direction. */
  readonly silentMs: number
  /** The same for the request that puts the parts together: a store may copy all of them meanwhile. */
  readonly completingMs: number
  /** Of a single question; with the SDK's pauses between. */
  readonly attempts: number
  /** Of a part: a long upload outlives a restart of the store. */
  readonly partAttempts: number
}

export const usualPatience: Patience = {
  connectMs: 10_000,
  silentMs: 30_000,
  completingMs: 300_000,
  attempts: 3,
  partAttempts: 12,
}

type Sdk = typeof s3Sdk

export interface S3Session {
  readonly location: S3Location
  readonly sdk: Sdk
  /** For questions. */
  readonly quick: S3Client
  /** For what a long transfer depends on. */
  readonly patient: S3Client
  /** For completing an upload. */
  readonly completing: S3Client
  readonly explain: (error: unknown, key: string, right: Right) => StoreError
  close(): void
}

/** Loads the SDK, which costs some 30 MB, 16 of them for merely being in the same bundle: who makes or restores no backup pays nothing. */
export async function openSession(
  location: S3Location,
  directory: string,
  patience: Patience,
): Promise<S3Session> {
  const sdk: Sdk = await import('@aws-sdk/client-s3')
  const mounted = await readCredentials(directory)
  const secrets = new Set(secretsOf(mounted))
  const common = { ...addressOf(location), ...identityOf(mounted, directory, secrets) }
  const authorities = await authoritiesIn(directory)
  const client = (maxAttempts: number, socketTimeout: number): S3Client =>
    new sdk.S3Client({
      ...common,
      ...plain,
      maxAttempts,
      requestHandler: { connectionTimeout: patience.connectMs, socketTimeout, httpsAgent: authorities },
    })
  const clients = {
    quick: client(patience.attempts, patience.silentMs),
    patient: client(patience.partAttempts, patience.silentMs),
    completing: client(patience.attempts, patience.completingMs),
  }
  return {
    location,
    sdk,
    ...clients,
    explain: (error, key, right) => explain(error, { ...location, key, right, secrets: [...secrets] }),
    close: () => Object.values(clients).forEach((one) => one.destroy()),
  }
}

/**
 * Checksums beyond the signed SHA-256 of each body are computed in JavaScript, and other stores choke on them. Some stores
 * never answer `Expect: 100-continue`, and each part would wait for it.
 */
const plain: S3ClientConfig = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  expectContinueHeader: false,
  retryMode: 'standard',
}

function addressOf({ endpoint, region = 'us-east-1', forcePathStyle }: S3Location): S3ClientConfig {
  if (endpoint === undefined) return { region, forcePathStyle: forcePathStyle ?? false }
  return { region, endpoint, forcePathStyle: forcePathStyle ?? true }
}

/** Credentials that expire within this time are asked for again before each request. */
const sdkExpiryMs = 5 * 60_000

/** Without mounted keys the SDK looks for an identity itself. */
function identityOf(mounted: Credentials, directory: string, secrets: Set<string>): S3ClientConfig {
  if (mounted.kind === 'Absent') return {}
  return {
    credentials: async () => {
      const now = await readCredentials(directory)
      const { accessKeyId, secretAccessKey, sessionToken } = now.kind === 'Mounted' ? now : mounted
      for (const secret of secretsOf(now)) secrets.add(secret)
      const expiration = new Date(Date.now() + sdkExpiryMs)
      return { accessKeyId, secretAccessKey, expiration, ...(sessionToken && { sessionToken }) }
    },
  }
}

function secretsOf(credentials: Credentials): readonly string[] {
  if (credentials.kind === 'Absent') return []
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])]
}

async function authoritiesIn(directory: string): Promise<{ readonly ca?: string[] }> {
  const authority = await readAuthority(directory)
  return authority === undefined ? {} : { ca: [...getCACertificates('default'), authority] }
}
