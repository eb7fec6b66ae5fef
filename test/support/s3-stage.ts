// A store behind a faulty network, opened by somebody impatient.
import type { TestContext } from 'node:test'
import { s3With } from '../../instance/backup/s3.ts'
import type { Store } from '../../instance/backup/store.ts'
import { s3Proxy, type S3Proxy } from './s3-proxy.ts'
import { s3Server, type S3Server, type S3ServerOptions } from './s3-server.ts'
import { impatience } from './s3-transfers.ts'

export interface S3Stage {
  readonly server: S3Server
  readonly proxy: S3Proxy
  /** Through the proxy. */
  readonly store: Store
  /** Past it. */
  readonly direct: Store
  /** For an object, under the location's path. */
  readonly key: string
}

export async function s3Stage(t: TestContext, options: S3ServerOptions = {}): Promise<S3Stage> {
  const server = await s3Server(t, options)
  const proxy = await s3Proxy(t, server.endpoint)
  const credentials = server.writeCredentials()
  const [store, direct] = await Promise.all(
    [proxy.endpoint, server.endpoint].map((endpoint) =>
      s3With(impatience)(server.location({ endpoint }), credentials),
    ),
  )
  if (store === undefined || direct === undefined) throw new Error('two stores were opened')
  t.after(() => {
    store.close()
    direct.close()
  })
  return { server, proxy, store, direct, key: `${server.location().path ?? ''}/nightly.rdb` }
}
