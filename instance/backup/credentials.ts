// Reads what the credentials Secret holds, as one version of it: kubelet swaps all files of a mounted Secret at once.
import { X509Certificate } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { credentialKeys, type CredentialKey } from '../artifact.ts'
import { StoreError } from './store.ts'

export type Credentials =
  | {
      readonly kind: 'Mounted'
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken?: string
    }
  /** No key at all: the platform may know who this Pod is (workload identity). */
  | { readonly kind: 'Absent' }

/** Rejects with CredentialsMissing when only half of a key pair is there. */
export async function readCredentials(directory: string): Promise<Credentials> {
  const { accessKeyId, secretAccessKey, sessionToken } = await readSecret(directory)
  if (accessKeyId === undefined && secretAccessKey === undefined) return { kind: 'Absent' }
  if (accessKeyId === undefined) throw halfMissing('accessKeyId', 'secretAccessKey')
  if (secretAccessKey === undefined) throw halfMissing('secretAccessKey', 'accessKeyId')
  const token = sessionToken === undefined ? {} : { sessionToken }
  return { kind: 'Mounted', accessKeyId, secretAccessKey, ...token }
}

/** PEM of a private CA, when there is one. */
export async function readAuthority(directory: string): Promise<string | undefined> {
  const { authority } = await readSecret(directory)
  if (authority === undefined) return undefined
  try {
    new X509Certificate(authority)
    return authority
  } catch (cause) {
    const message =
      `${namesOf('authority')} in the credentials Secret is not a PEM certificate, so the store cannot be trusted by it. ` +
      'Put the certificate of the CA that signed the store there (-----BEGIN CERTIFICATE-----), or remove the key.'
    throw new StoreError('Unreachable', false, message, { cause })
  }
}

type SecretValues = Partial<Record<CredentialKey, string>>

/** A swap in the middle of reading would pair a new key with an old secret: read again when it happened. */
async function readSecret(directory: string): Promise<SecretValues> {
  for (;;) {
    const version = await versionOf(directory)
    const values = await readVersion(version)
    if ((await versionOf(directory)) === version) return values
  }
}

/** Kubelet keeps the files behind a symbolic link `..data`, which it replaces; any other folder is read as it is. */
async function versionOf(directory: string): Promise<string> {
  return realpath(join(directory, '..data')).catch(() => directory)
}

async function readVersion(folder: string): Promise<SecretValues> {
  const keys = Object.keys(credentialKeys) as CredentialKey[]
  const found = await Promise.all(keys.map(async (key) => [key, await firstValue(folder, key)] as const))
  return Object.fromEntries(found.filter(([, value]) => value !== undefined))
}

async function firstValue(folder: string, key: CredentialKey): Promise<string | undefined> {
  for (const spelling of credentialKeys[key]) {
    const value = (await textOf(join(folder, spelling))).trim()
    if (value !== '') return value
  }
  return undefined
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    const message = `The credentials Secret cannot be read (${code} at ${file}). Look at how it is mounted in the Pod.`
    throw new StoreError('CredentialsMissing', true, message, { cause })
  }
}

function halfMissing(missing: CredentialKey, present: CredentialKey): StoreError {
  const message =
    `The credentials Secret holds ${namesOf(present)}, but no value for ${namesOf(missing)}. ` +
    'Add the missing key to the Secret; or remove both, if the Pod gets its identity from the platform.'
  return new StoreError('CredentialsMissing', false, message)
}

/** The first spelling, and which others would do. */
function namesOf(key: CredentialKey): string {
  const [first, ...others] = credentialKeys[key]
  return `${first} (or ${others.join(', ')})`
}
