// npm run e2e:install -- --kubeconfig F [--metacontroller BIN --upstream DIR] [--helm BIN] [--only TEXT]: installs on a real API server.
import { parseArgs } from 'node:util'
import { accessScenarios } from './access.ts'
import { applyScenarios } from './apply.ts'
import { chartScenarios } from './chart.ts'
import { metacontrollerScenarios } from './metacontroller.ts'
import { policyScenarios } from './policy.ts'
import { openSite } from './site.ts'

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    metacontroller: { type: 'string' },
    upstream: { type: 'string' },
    helm: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
if (values.kubeconfig === undefined)
  throw new Error('--kubeconfig is needed: an API server that may be changed at will')
const { metacontroller, upstream, helm } = values
const site = openSite(values.kubeconfig, { metacontroller, upstream, helm })
const { gitVersion } = (await site.client.request('GET', '/version')) as unknown as { gitVersion: string }
console.log(`API server ${gitVersion}`)
const [apply, ...uninstall] = applyScenarios
const order = [
  apply,
  ...accessScenarios,
  ...policyScenarios,
  ...metacontrollerScenarios,
  ...uninstall,
  ...chartScenarios,
]
let failed = 0
for (const { name, run } of order.filter((each) => each === apply || each.name.includes(values.only)))
  try {
    console.log(`pass  ${name}: ${await run(site)}`)
  } catch (error) {
    failed += 1
    console.log(`FAIL  ${name}:`, error)
  }
await site.close()
console.log(failed === 0 ? 'all passed' : `${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
