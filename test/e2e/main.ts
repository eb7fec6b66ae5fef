// npm run e2e [-- --kubeconfig F] [--metacontroller BIN] [--only TEXT]: every scenario, on stand-ins or on the real parts.
import { parseArgs } from 'node:util'
import { execFileSync } from 'node:child_process'
import { enterNamespace, podAddressBase } from '../bench/failover/network.ts'
import { offerApi, takeApi } from './api-relay.ts'
import { faultScenarios } from './faults.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { openStage, type Stage } from './stage.ts'

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    metacontroller: { type: 'string' },
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
const stage = await openStage(
  {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(values.metacontroller === undefined ? {} : { metacontroller: values.metacontroller }),
    ...(network === undefined ? {} : { network }),
  },
  network === undefined ? `127.${30 + (process.pid % 30)}` : podAddressBase,
)
process.once('SIGINT', () => void stage.close().then(() => process.exit(130)))
await printVersions(stage)
let failed = 0
const all = [...scenarios, ...faultScenarios(network)]
for (const scenario of all.filter(({ name }) => name.includes(values.only)))
  failed += (await run(scenario)) ? 0 : 1
await stage.close()
if (network === undefined)
  console.log('left out, for they need root and network namespaces: faults that cut the network')
console.log(failed === 0 ? 'all passed' : `${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

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
