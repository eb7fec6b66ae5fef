// A self-signed certificate for loopback addresses: kubectl sends tokens over TLS only.
//
// Node makes keys and signatures but no certificates, so the few DER structures of X.509 (RFC 5280) are written here.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export interface Certificate {
  readonly key: string
  /** Also its own authority. */
  readonly cert: string
}

const lifetimeDays = 365

export function selfSigned(hosts: readonly string[]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' })
  const toBeSigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    subject,
    sequence(time(-1), time(lifetimeDays)),
    subject,
    publicInfo,
    tagged(0xa3, sequence(authority, alternativeNames(hosts))),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const der = sequence(toBeSigned, ecdsaWithSha256, bits(signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

const lengthOf = (length: number): readonly number[] => {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts)
const integer = (value: Buffer): Buffer => tagged(0x02, value)
const bits = (value: Buffer): Buffer => tagged(0x03, Buffer.from([0]), value)
const octets = (value: Buffer): Buffer => tagged(0x04, value)
const objectId = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'))
const yes = tagged(0x01, Buffer.from([0xff]))

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '')
  return tagged(0x18, Buffer.from(text))
}

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'))
const commonName = sequence(objectId('550403'), tagged(0x0c, Buffer.from('kube-apiserver')))
const subject = sequence(tagged(0x31, commonName))
/** basicConstraints, critical: CA. */
const authority = sequence(objectId('551d13'), yes, octets(sequence(yes)))

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIPv4(host) ? tagged(0x87, Buffer.from(host.split('.').map(Number))) : tagged(0x82, Buffer.from(host)),
  )
  return sequence(objectId('551d11'), octets(sequence(...names)))
}
