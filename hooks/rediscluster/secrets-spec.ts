// The Secrets that a spec names, and the keys that they must have.
import { Type } from '@sinclair/typebox'
import { secretReference } from './schema.ts'

export const secretFields = {
  authSecret: Type.Optional(
    secretReference(
      "Secret with the application's password under the key password. Unset: <name>-auth is created.",
    ),
  ),
  aclConfigSecret: Type.Optional(
    secretReference(
      'Secret with more users of the application under the key acl, one a line as in an ACL file. A change of it takes effect without a restart.',
    ),
  ),
  backupCredentialsSecret: Type.Optional(
    secretReference(
      "Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the store for backups; ca.crt when its certificate is signed by a private authority. Unset: the Pods' own identity is used.",
    ),
  ),
}
