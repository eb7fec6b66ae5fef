// The object store behind backups: anything that speaks S3.
import { download } from './s3-download.ts'
import { headObject, removeObject } from './s3-objects.ts'
import { openSession, usualPatience, type Patience } from './s3-client.ts'
import { sweepUploads } from './s3-sweep.ts'
import { upload } from './s3-upload.ts'
import type { OpenStore } from './store.ts'

export const openS3: OpenStore = s3With(usualPatience)

export function s3With(patience: Patience): OpenStore {
  return async (location, credentialsDirectory) => {
    const session = await openSession(location, credentialsDirectory, patience)
    return {
      async head(key) {
        const found = await headObject(session, key)
        return found && { bytes: found.bytes, metadata: found.metadata }
      },
      put: (key, body, options) => upload(session, key, body, options),
      get: (key, signal) => download(session, key, signal),
      remove: (key) => removeObject(session, key),
      sweep: (key, signal) => sweepUploads(session, key, signal),
      close: () => session.close(),
    }
  }
}
