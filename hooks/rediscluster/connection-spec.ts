// spec.connectionSecret: the Secret with all that an application needs to connect.
import { Type } from '@sinclair/typebox'
import { authSecretName, controlSecretName } from './names.ts'
import { secretReference } from './schema.ts'

export const connectionFields = {
  connectionSecret: Type.Optional(
    secretReference(
      'A Secret that the operator makes and keeps up to date: host, port, username, password, url, and host and url of the leader and of the replicas.',
      'Name of the Secret. It must not exist yet.',
    ),
  ),
}

/** Names of Secrets that are something else already. */
export const connectionRules = ['authSecret', 'aclConfigSecret', 'backupCredentialsSecret'].map((field) => ({
  rule: `!has(self.connectionSecret) || !has(self.${field}) || self.connectionSecret.name != self.${field}.name`,
  message: `connectionSecret cannot be ${field}: the operator writes the one, and only reads the other`,
}))

const ownNames = [authSecretName, controlSecretName].map((nameOf) => nameOf(''))

/** At the root, where the name of the RedisCluster is known. */
export const connectionNameRule = {
  rule: `!has(self.spec.connectionSecret) || !(self.spec.connectionSecret.name in [${ownNames.map((end) => `self.metadata.name + '${end}'`).join(', ')}])`,
  message: `connectionSecret cannot be ${ownNames.map((end) => `<name>${end}`).join(' or ')}: the operator uses these names itself`,
} as const
