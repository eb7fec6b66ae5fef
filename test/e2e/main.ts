// npm run e2e [-- --kubeconfig F] [--metacontroller BIN] [--only TEXT]: every scenario, on stand-ins or on the real parts.
//
// --installed --upstream DIR: the operator and Metacontroller, two of each, run as the Pods of the manifests, with their own
// tokens and rights. DIR is manifests/production of Metacontroller. The API server's controllers of Deployments, ReplicaSets and
// StatefulSets must run, Services be in 10.96.0.0/16, and its certificate name 10.98.0.3.
import { parseArgs } from 'node:util'
import { execFileSync } from 'node:child_process'
import { enterNamespace, podAddressBase } from '../bench/failover/network.ts'
import { offerApi, takeApi } from './api-relay.ts'
import { faultScenarios } from './faults.ts'
import { openInstalledStage, type InstalledStage } from './installed/stage.ts'
import { threeAtOnce } from './installed/three-at-once.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { openStage, type Stage } from './stage.ts'

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    metacontroller: { type: 'string' },
    installed: { type: 'boolean', default: false },
    upstream: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const network = await enterNamespace(import.meta.filename, process.argv.slice(2), async () => {
  if (values.kubeconfig !== undefined) await offerApi(values.kubeconfig)
})
const kubeconfig =
  values.kubeconfig === undefined || network === undefined
    ? values.kubeconfig
    : await takeApi(values.kubeconfig, network.apiServerHost)
const installed = values.installed ? await openInstalled() : undefined
const stage = installed ?? (await openByHand())
process.once('SIGINT', () => void stage.close().then(() => process.exit(130)))
await printVersions(stage)
let failed = 0
const atOnce = installed === undefined || network === undefined ? [] : [threeAtOnce(installed, network)]
const all = [...atOnce, ...scenarios, ...faultScenarios(network)]
for (const scenario of all.filter(({ name }) => name.includes(values.only)))
  failed += (await run(scenario)) ? 0 : 1
await stage.close()
if (network === undefined)
  console.log('left out, for they need root and network namespaces: faults that cut the network')
console.log(failed === 0 ? 'all passed' : `${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

function openByHand(): Promise<Stage> {
  return openStage(
    {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(values.metacontroller === undefined ? {} : { metacontroller: values.metacontroller }),
      ...(network === undefined ? {} : { network }),
    },
    network === undefined ? `127.${30 + (process.pid % 30)}` : podAddressBase,
  )
}

async function openInstalled(): Promise<InstalledStage> {
  const { metacontroller, upstream } = values
  if (kubeconfig === undefined || metacontroller === undefined || upstream === undefined)
    throw new Error('--installed needs --kubeconfig, --metacontroller and --upstream')
  if (network === undefined) throw new Error('--installed needs root and network namespaces')
  return await openInstalledStage({ kubeconfig, metacontroller, upstream, network }, podAddressBase)
}

async function run({ name, run: play }: Scenario): Promise<boolean> {
  try {
    console.log(`pass  ${name}: ${await play(stage)}`)
    return true
  } catch (error) {
    console.log(`FAIL  ${name}:`, error)
    return false
  }
}

async function printVersions({ client }: Stage): Promise<void> {
  const api = (await client.request('GET', '/version')) as unknown as { gitVersion: string }
  const redis = execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' ')[2] ?? ''
  const engine = values.metacontroller === undefined ? 'the stand-in' : values.metacontroller
  const server = values.kubeconfig === undefined ? `the stand-in (${api.gitVersion})` : api.gitVersion
  console.log(`Node ${process.version}, Redis ${redis}, API server ${server}, Metacontroller ${engine}`)
}
