// npm run local [-- files…] [--once] [--json]: a whole cluster on this machine and a store for backups, with a live view of the RedisClusters.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { installedKinds } from '../../hooks/install/kinds.ts'
import type { RedisCluster } from '../../hooks/rediscluster/resource.ts'
import type { S3Location } from '../../instance/artifact.ts'
import type { KubernetesObject } from '../cluster/client.ts'
import { newLifetime } from '../support/lifetime.ts'
import { s3Server } from '../support/s3-server.ts'
import { namespace } from './cluster-view.ts'
import { picture } from './local-view.ts'
import { credentialsSecret } from './object-store.ts'
import { openStage, type Stage } from './stage.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})
const files =
  positionals.length > 0 ? positionals : [resolve(import.meta.dirname, '../../examples/rediscluster.yaml')]
const ours = `/apis/redis.io/v1/namespaces/${namespace}`
const clusters = `${ours}/redisclusters`
const storeSecret = 'store-credentials'
const readyWithinMs = 90_000

ensureRedis()
const stage = await openStage({ onForcedDelete: 'kill' }, '127.25')
const life = newLifetime()
life.after(() => stage.close())
const stop = (code: number): void => void life.end().then(() => process.exit(code))
process.once('SIGINT', () => stop(0))
process.once('SIGTERM', () => stop(0))
try {
  const store = await s3Server(life)
  await credentialsSecret(stage.client, storeSecret, store.credentials)
  for (const object of files.flatMap(objectsIn)) await apply(stage, object)
  if (values.once) await untilReady(stage)
  else await show(stage, store.location())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  stop(1)
}

function objectsIn(file: string): readonly KubernetesObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubernetesObject)
}

async function apply({ client }: Stage, object: KubernetesObject): Promise<void> {
  const { kind, metadata } = object
  const plurals: Readonly<Record<string, string>> = {
    ...Object.fromEntries(installedKinds.map(({ kind: own, plural }) => [own, `${ours}/${plural}`])),
    Secret: `/api/v1/namespaces/${namespace}/secrets`,
  }
  const collection = plurals[kind]
  if (collection === undefined)
    throw new Error(
      `${kind} ${metadata.name}: apply it with kubectl, this command takes ${Object.keys(plurals).join(', ')}`,
    )
  await client.request(
    'PATCH',
    `${collection}/${metadata.name}?fieldManager=local&force=true`,
    object,
    'application/apply-patch+yaml',
  )
}

async function list({ client }: Stage): Promise<readonly RedisCluster[]> {
  const { items } = (await client.request('GET', clusters)) as unknown as { items: readonly RedisCluster[] }
  return items
}

/** Exit code 0 with the objects when everything is Ready, 1 with the reason when it is not in time. */
async function untilReady(on: Stage): Promise<void> {
  const deadlineMs = performance.now() + readyWithinMs
  for (;;) {
    const all = await list(on)
    const waiting = all.filter(
      ({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True',
    )
    if (waiting.length === 0) {
      console.log(values.json ? JSON.stringify(all, undefined, 2) : (await pictures(on, all)).join('\n'))
      stop(0)
      return
    }
    if (performance.now() > deadlineMs)
      throw new Error(
        waiting
          .map(
            ({ metadata, status }) => `${metadata.name} is not Ready: ${status?.phaseReason ?? 'no status'}`,
          )
          .join('\n'),
      )
    await pause(200)
  }
}

async function show(on: Stage, s3: S3Location): Promise<void> {
  console.log(
    `export KUBECONFIG=${on.kubeconfigFile}   # kubectl get redis,pods; Ctrl-C here stops everything
# for backups: destination.s3 is ${JSON.stringify(s3)},
# and the RedisCluster needs backupCredentialsSecret: { name: ${storeSecret} }\n`,
  )
  let before = ''
  for (;;) {
    const all = await list(on)
    const text = (await pictures(on, all)).join('\n')
    if (text !== before) console.log(`${new Date().toISOString().slice(11, 19)}\n${text}\n`)
    before = text
    await pause(500)
  }
}

function pictures(on: Stage, all: readonly RedisCluster[]): Promise<readonly string[]> {
  return Promise.all(all.map((cluster) => picture(on, cluster)))
}

/** Through the system's package manager when it is missing, saying so first. */
function ensureRedis(): void {
  if (spawnSync('redis-server', ['--version']).status === 0) return
  const install = 'apt-get install -y redis-server'
  if (spawnSync('apt-get', ['--version']).status !== 0)
    throw new Error('redis-server is missing: install Redis 7.0 or later, then try again')
  console.error(`redis-server is missing; running: ${install}`)
  const elevate = process.getuid?.() === 0 ? '' : 'sudo '
  const script = `${elevate}apt-get update -qq && ${elevate}env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive ${install}`
  execFileSync('sh', ['-c', script], { stdio: ['inherit', 2, 2] })
}
