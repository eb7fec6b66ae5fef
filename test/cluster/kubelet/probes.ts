// Probes of a running container: startup gates the others, liveness ends it, readiness opens Services to it.
import { setTimeout as pause } from 'node:timers/promises'
import { request, type Agent } from 'undici'
import { portNumber, type Container, type Probe } from './pod-spec.ts'

export interface ProbeEvents {
  readonly onStarted: () => void
  readonly onReady: (ready: boolean) => void
  readonly onUnhealthy: (reason: string) => void
}

/** Runs until the signal aborts. Without a probe the answer is yes. */
export async function runProbes(
  agent: Agent,
  container: Container,
  ip: string,
  events: ProbeEvents,
  signal: AbortSignal,
): Promise<void> {
  const { startupProbe, livenessProbe, readinessProbe } = container
  const ask = (probe: Probe): Promise<boolean> => succeeds(agent, container, ip, probe)
  if (startupProbe !== undefined && !(await startsUp(ask, startupProbe, events, signal))) return
  events.onStarted()
  if (readinessProbe === undefined) events.onReady(true)
  await Promise.all([
    readinessProbe &&
      repeat(readinessProbe, signal, ask, (ok, failures) => {
        if (ok) events.onReady(true)
        else if (failures >= (readinessProbe.failureThreshold ?? 3)) events.onReady(false)
      }),
    livenessProbe &&
      repeat(livenessProbe, signal, ask, (ok, failures) => {
        if (!ok && failures === (livenessProbe.failureThreshold ?? 3))
          events.onUnhealthy('the liveness probe failed')
      }),
  ])
}

async function startsUp(
  ask: (probe: Probe) => Promise<boolean>,
  probe: Probe,
  events: ProbeEvents,
  signal: AbortSignal,
): Promise<boolean> {
  const done = new AbortController()
  let started = false
  await repeat(probe, AbortSignal.any([signal, done.signal]), ask, (ok, failures) => {
    started = ok
    if (!ok && failures >= (probe.failureThreshold ?? 3)) events.onUnhealthy('the startup probe failed')
    if (ok || failures >= (probe.failureThreshold ?? 3)) done.abort()
  })
  return started
}

async function repeat(
  probe: Probe,
  signal: AbortSignal,
  ask: (probe: Probe) => Promise<boolean>,
  tell: (ok: boolean, failures: number) => void,
): Promise<void> {
  let failures = 0
  const isOver = (): boolean => signal.aborted
  await pause((probe.initialDelaySeconds ?? 0) * 1000, undefined, { signal }).catch(() => undefined)
  while (!isOver()) {
    const ok = await ask(probe)
    failures = ok ? 0 : failures + 1
    if (isOver()) return
    tell(ok, failures)
    await pause((probe.periodSeconds ?? 10) * 1000, undefined, { signal }).catch(() => undefined)
  }
}

async function succeeds(
  agent: Agent,
  container: Container,
  ip: string,
  { httpGet, timeoutSeconds = 1 }: Probe,
): Promise<boolean> {
  if (httpGet === undefined) throw new Error('only httpGet probes are implemented here')
  try {
    const url = `http://${ip}:${portNumber(container, httpGet.port)}${httpGet.path}`
    const answer = await request(url, {
      dispatcher: agent,
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    })
    await answer.body.dump()
    return answer.statusCode >= 200 && answer.statusCode < 400
  } catch {
    return false
  }
}
