// One fault, once: clients write, it is injected, they recover, it is healed, and their records are compared with the data.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { eventually } from '../../e2e/eventually.ts'
import { startClients, type Clients } from './clients.ts'
import type { Fault } from './faults.ts'
import { downtime, dualWindowMs, type Counts, type Outcome } from './outcome.ts'
import type { OperatorSystem } from './operator.ts'
import type { Host, System } from './system.ts'

const recoverySeconds = 90
const healSeconds = 90
/** How long a fault goes on beside the new primary, so that a second writer would be seen. */
const afterMoveMs = 1000

export async function measure(system: System, fault: Fault, keepLogs: boolean): Promise<Outcome> {
  const primary = await system.primary()
  const clients = await startClients(system, primary)
  if (fault.on === 'operator') await fault.prepare?.(system as OperatorSystem)
  const faultMs = performance.now()
  const problems: string[] = []
  const attempt = async (step: Promise<unknown>): Promise<void> => {
    await step.catch((error: unknown) => problems.push(told(error)))
  }
  await attempt(inject(fault, system, primary))
  await attempt(recovered(clients, fault, primary, faultMs))
  await pause(afterMoveMs)
  await attempt(heal(fault, system, primary))
  await attempt(healed(system))
  const endMs = performance.now()
  await clients.close()
  const lost = await lostWrites(system, clients).catch((error: unknown) => {
    problems.push(told(error))
    return { plain: 0, waited: 0, sticky: 0 }
  })
  const outcome: Outcome = {
    ...downtime(clients.plain, faultMs, endMs),
    acknowledged: counts(clients, ({ length }) => length),
    lost,
    dualMs: dualWindowMs([...clients.probed, ...clients.sticky]),
    errors: clients.errors,
    ...(problems.length === 0 ? {} : { problem: problems.join('; ') }),
  }
  return (keepLogs || isSuspicious(outcome)) && system.evidence !== undefined
    ? { ...outcome, evidence: await keep(system, fault, clients, outcome, faultMs) }
    : outcome
}

/** Faults for one system only are never put into the other: the campaign sees to it. */
const inject = async (fault: Fault, system: System, primary: Host): Promise<void> =>
  fault.inject(system as OperatorSystem, primary)
const heal = async (fault: Fault, system: System, primary: Host): Promise<void> =>
  fault.heal?.(system as OperatorSystem, primary)

/** Another instance serves; or nothing moved, the fault has lasted, and writes are acknowledged all the same. */
async function recovered(
  { plain, probed }: Clients,
  { holdSeconds = 10 }: Fault,
  primary: Host,
  faultMs: number,
): Promise<void> {
  const faultWallMs = performance.timeOrigin + faultMs
  await eventually(
    'writes are acknowledged again',
    () => {
      const nowMs = performance.now()
      const lastMs = plain.at(-1)?.acknowledgedMs ?? 0
      const moved = probed.find(({ ip, servedMs }) => ip !== primary.ip && servedMs > faultWallMs)
      const since =
        moved === undefined ? faultMs + holdSeconds * 1000 : moved.servedMs - performance.timeOrigin
      return lastMs > since && nowMs - lastMs < 300 ? true : undefined
    },
    recoverySeconds,
  )
}

async function healed(system: System): Promise<void> {
  let last: string | undefined
  await eventually(
    'all is as it was',
    async () => {
      last = await system.unhealed()
      return last === undefined ? true : undefined
    },
    healSeconds,
  ).catch((error: unknown) => {
    throw new Error(`${told(error)}: ${last ?? ''}`, { cause: error })
  })
}

/** On the primary in the end, which the others copy. */
async function lostWrites(system: System, clients: Clients): Promise<Counts> {
  const { ip } = await system.primary()
  const redis = new Redis({
    host: ip,
    password: system.password,
    commandTimeout: 5000,
    retryStrategy: () => null,
  })
  redis.on('error', () => undefined)
  try {
    const missing = async (key: string, writes: readonly { readonly index: number }[]): Promise<number> => {
      const held = new Set(await redis.hkeys(key))
      return writes.filter(({ index }) => !held.has(String(index))).length
    }
    return {
      plain: await missing(clients.keys.plain, clients.plain),
      waited: await missing(clients.keys.waited, clients.waited),
      sticky: await missing(clients.keys.sticky, clients.sticky),
    }
  } finally {
    redis.disconnect()
  }
}

const counts = (
  { plain, waited, sticky }: Clients,
  count: (writes: readonly unknown[]) => number,
): Counts => ({ plain: count(plain), waited: count(waited), sticky: count(sticky) })

const isSuspicious = ({ dualMs, lost, problem }: Outcome): boolean =>
  dualMs > 0 || lost.waited > 0 || problem !== undefined

async function keep(
  system: System,
  { name }: Fault,
  clients: Clients,
  outcome: Outcome,
  faultMs: number,
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), `campaign-${system.name}-`.replaceAll(' ', '-')))
  mkdirSync(directory, { recursive: true })
  const faultAt = new Date(performance.timeOrigin + faultMs).toISOString()
  writeFileSync(join(directory, 'clients.json'), JSON.stringify({ name, faultAt, outcome, ...clients }))
  await system.evidence?.(directory).catch(() => undefined)
  return directory
}

const told = (error: unknown): string => (error instanceof Error ? error.message : String(error))
