// CPU time of one sync of a healthy cluster of three: the decision alone, warm and cold, and the hooks' whole answer.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { hookPaths } from '../../hooks/rediscluster/controller.ts'
import type { Request } from '../../hooks/rediscluster/observed.ts'
import type { InstanceReports } from '../../hooks/rediscluster/plan.ts'
import { instancePort } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { ipOf, primary, reigning, replica, reports, request } from '../support/builders.ts'
import { launcher, path } from '../support/launcher.ts'
import { plan } from '../support/look.ts'
import { commandLineOf, cpuMsOf } from '../support/process-facts.ts'
import { figure, type Bench, type Figure } from './figure.ts'

const warmUps = 500
const calls = 500
const rounds = 7
const coldRuns = 5
const aim = 2

export const sync: Bench = {
  name: 'sync',
  how: 'CPU of all threads for one sync of a healthy cluster of three (redis-server and API server not counted)',
  async run() {
    const statuses = [primary(0), replica(1), replica(2)]
    const observed = request({ status: reigning() })
    const reported = reports(...statuses)
    const processes = [commandLineOf(process.pid)]
    return [
      figure('sync, warm', 'ms', warm(observed, reported), { aim, processes }),
      cold(observed, reported),
      await whole(observed, statuses),
    ]
  },
}

function warm(observed: Request, reported: InstanceReports): readonly number[] {
  const round = (times: number): number => {
    const before = process.cpuUsage()
    for (let call = 0; call < times; call++) plan(observed, reported)
    return cpuMsSince(before) / times
  }
  round(warmUps)
  return Array.from({ length: rounds }, () => round(calls))
}

/** In a process that has loaded the code and run none of it. */
function cold(observed: Request, reported: InstanceReports): Figure {
  const input = JSON.stringify([observed, reported])
  const command = [process.execPath, import.meta.filename] as const
  const values = Array.from({ length: coldRuns }, () =>
    Number(execFileSync(command[0], [command[1]], { input, encoding: 'utf8' })),
  )
  return figure('sync, first call of a process', 'ms', values, { processes: [command.join(' ')] })
}

if (import.meta.main) {
  const [observed, reported] = JSON.parse(readFileSync(0, 'utf8')) as [Request, InstanceReports]
  const before = process.cpuUsage()
  plan(observed, reported)
  console.log(cpuMsSince(before))
}

/** HTTP, JSON, validation of the answer and the polls included, with the hooks as they are shipped. */
async function whole(observed: Request, statuses: readonly object[]): Promise<Figure> {
  const instances = await Promise.all(statuses.map(instanceAt))
  const port = 20_000 + (process.pid % 10_000)
  const flags = ['hooks', '--listen=127.0.0.1', `--port=${port}`, '--log-level=error']
  const hooks = spawn(launcher, flags, { stdio: 'ignore', env: { ...process.env, PATH: path } })
  const pid = hooks.pid ?? 0
  try {
    const url = `http://127.0.0.1:${port}`
    await eventually('the hooks answer', async () => ((await fetch(`${url}/readyz`)).ok ? true : undefined))
    const round = async (times: number): Promise<number> => {
      const beforeMs = cpuMsOf(pid)
      for (let call = 0; call < times; call++) await post(url + hookPaths.sync, observed)
      return (cpuMsOf(pid) - beforeMs) / times
    }
    await round(warmUps)
    const values: number[] = []
    for (let index = 0; index < rounds; index++) values.push(await round(calls))
    return figure('hooks, request to answer, warm', 'ms', values, { processes: [commandLineOf(pid)] })
  } finally {
    hooks.kill('SIGKILL')
    for (const server of instances) server.close()
  }
}

async function instanceAt(status: object, ordinal: number): Promise<Server> {
  const server = createServer((_request, response) => response.end(JSON.stringify(status)))
  server.listen(instancePort, ipOf(ordinal))
  await once(server, 'listening')
  return server
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the hooks answered ${answer.status}: ${text}`)
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
