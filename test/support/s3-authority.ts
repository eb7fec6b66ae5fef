// A private CA and a certificate for 127.0.0.1, made by the openssl program: Node cannot sign certificates.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Authority {
  /** PEM, each. */
  readonly certificate: string
  readonly serverKey: string
  readonly serverCertificate: string
}

/** Why tests with TLS are skipped; false when openssl is there. */
export function opensslMissing(): string | false {
  return spawnSync('openssl', ['version']).status === 0 ? false : 'the openssl program is not installed'
}

/** Of another name when `subject` is given: then nobody at 127.0.0.1 has it. */
export function authorityFor(folder: string, subject = 'IP:127.0.0.1'): Authority {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test CA', '-days', '2')
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=store')
  writeFileSync(join(folder, 'names'), `subjectAltName=${subject}\n`)
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2']
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signing)
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  return { certificate: read('ca.crt'), serverKey: read('server.key'), serverCertificate: read('server.crt') }
}
