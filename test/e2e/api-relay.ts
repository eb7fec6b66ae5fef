// Brings a real API server into the network namespace of the scenarios, where nothing outside can be reached but files.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readKubeconfig } from '../cluster/client.ts'

const directoryVariable = 'REDIS_E2E_API'

/** Outside: a Unix socket that leads to it. */
export async function offerApi(kubeconfig: string): Promise<void> {
  const { hostname, port } = new URL(readKubeconfig(kubeconfig).url)
  const directory = mkdtempSync(join(tmpdir(), 're-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  process.env[directoryVariable] = directory
  await listen(
    relay(() => connect(Number(port || 443), hostname)),
    { path: join(directory, 'api') },
  )
}

/** Inside: the same API server at this address, which its certificate must name; returns a kubeconfig for it. */
export async function takeApi(kubeconfig: string, host: string): Promise<string> {
  const directory = process.env[directoryVariable] ?? ''
  const { url } = readKubeconfig(kubeconfig)
  const { port, origin } = new URL(url)
  const socket = join(directory, 'api')
  await listen(
    relay(() => connect(socket)),
    { host, port: Number(port || 443) },
  )
  const copy = join(directory, 'kubeconfig')
  const text = readFileSync(kubeconfig, 'utf8').replaceAll(origin, `https://${host}:${port || '443'}`)
  writeFileSync(copy, text, { mode: 0o600 })
  return copy
}

function relay(there: () => Socket): Server {
  return createServer((near) => {
    const far = there()
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy()).on('close', () => far.destroy())
    far.on('error', () => near.destroy()).on('close', () => near.destroy())
  })
}

async function listen(
  server: Server,
  where: { path: string } | { host: string; port: number },
): Promise<void> {
  server.listen(where)
  await once(server, 'listening')
  server.unref()
}
