// The life of one Pod on this machine: volumes, container, probes, restarts, and its end in the order that kubelet keeps.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Agent } from 'undici'
import { ApiError, type Client, type KubernetesObject } from '../client.ts'
import { pullImage } from './images.ts'
import { containerOf, environmentOf, expand, specOf, type Container } from './pod-spec.ts'
import { runProbes } from './probes.ts'
import { runContainer, type ContainerProcess } from './processes.ts'
import { podStatus, type ContainerState } from './pod-status.ts'
import { requestToken } from './token.ts'
import { mountVolumes, type VolumeContext } from './volumes.ts'

/** Where a container runs: its volumes are below `root`. */
export interface Place {
  readonly pod: KubernetesObject
  readonly ip: string
  readonly root: string
}

export interface RunnerOptions {
  readonly client: Client
  readonly agent: Agent
  readonly stateDirectory: string
  readonly ip: string
  readonly commands: (argv: readonly string[], place: Place) => readonly string[]
  readonly environment: (pod: KubernetesObject, ip: string, root: string) => Readonly<Record<string, string>>
  readonly lookUp: Pick<VolumeContext, 'secret' | 'configMap' | 'claim'>
  readonly restartBackoffMs: number
  readonly namespace: boolean
  readonly canPull: (image: string) => boolean
}

const retryMs = 100
/** The object outlives its containers until the volumes are unmounted, for which kubelet looks as often as this. */
const unmountMs = 300
const longestBackoffMs = 60_000
/** A container that ran this long starts again at once. */
const steadyMs = 60_000

export class PodRunner {
  readonly uid: string
  readonly ip: string
  readonly root: string
  readonly ended: Promise<void>
  restarts = 0
  process: ContainerProcess | undefined
  private pod: KubernetesObject
  private readonly options: RunnerOptions
  private readonly stopping = new AbortController()
  /** Set once the Pod object is gone while the process lives on. */
  private forgotten = false
  private state: ContainerState = { kind: 'Waiting', reason: 'ContainerCreating', message: '' }
  private ready = false
  private started = false
  private written = ''
  private writing: Promise<void> = Promise.resolve()
  private token = ''

  constructor(pod: KubernetesObject, options: RunnerOptions) {
    this.pod = pod
    this.options = options
    this.uid = pod.metadata.uid ?? ''
    this.ip = options.ip
    this.root = join(options.stateDirectory, 'p', this.uid.slice(0, 8))
    this.ended = this.run()
  }

  get name(): string {
    return this.pod.metadata.name
  }

  get namespace(): string {
    return this.pod.metadata.namespace ?? ''
  }

  get isGhost(): boolean {
    return this.forgotten
  }

  /** Each run of the container has its own, as `kubectl logs --previous` expects. */
  logFile(run = this.restarts): string {
    const name = `${this.namespace}_${this.name}_${this.uid.slice(0, 8)}_${run}.log`
    return join(this.options.stateDirectory, 'logs', name)
  }

  /** The object as it is now: deletion, or new contents for the volumes. */
  update(pod: KubernetesObject): void {
    this.pod = pod
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
    // Without a grace period the object goes at once: a node that is cut off does not hear of it.
    const deleted = deletionTimestamp !== undefined && deletionGracePeriodSeconds !== 0
    if (deleted && !this.stopping.signal.aborted) void this.stop()
    else this.refresh()
  }

  /** Contents of the volumes may have changed. */
  refresh(): void {
    if (this.process === undefined) return
    try {
      mountVolumes(this.volumeContext())
    } catch {
      // What went missing stays as it was: kubelet, too, keeps the last contents.
    }
  }

  /** The object is gone while it runs: a node that is cut off goes on running it. */
  forget(): void {
    this.forgotten = true
  }

  /** SIGTERM, the grace period, SIGKILL. */
  async stop(graceSeconds = this.pod.metadata.deletionGracePeriodSeconds ?? 30): Promise<void> {
    this.stopping.abort()
    this.process?.terminate()
    const timer = setTimeout(() => this.process?.kill(), graceSeconds * 1000)
    await this.ended
    clearTimeout(timer)
  }

  kill(): void {
    this.stopping.abort()
    this.process?.kill()
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted
  }

  private async run(): Promise<void> {
    mkdirSync(join(this.options.stateDirectory, 'logs'), { recursive: true })
    let backoffMs = 0
    while (!this.isStopping()) {
      if (!(await this.prepare())) break
      if (this.restarts === 0) await this.pull()
      if (this.isStopping()) break
      const startedMs = performance.now()
      const exitCode = await this.runOnce()
      if (this.isStopping()) break
      backoffMs = performance.now() - startedMs > steadyMs ? 0 : backoffMs
      await this.waitForRestart(exitCode, backoffMs)
      backoffMs = Math.min(longestBackoffMs, Math.max(this.options.restartBackoffMs, backoffMs * 2))
      this.restarts += 1
    }
    await this.finish()
  }

  /** False when the Pod is deleted before everything it needs is there. */
  private async prepare(): Promise<boolean> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      try {
        this.token = this.token === '' ? await requestToken(this.options.client, this.pod) : this.token
        mountVolumes(this.volumeContext())
        return true
      } catch (error) {
        const message = error instanceof Error ? error.message : ''
        const reason = /not found|references/.test(message)
          ? 'CreateContainerConfigError'
          : 'ContainerCreating'
        await this.report({ kind: 'Waiting', reason, message })
        await pause(retryMs, undefined, { signal }).catch(() => undefined)
      }
    }
    return false
  }

  private async pull(): Promise<void> {
    await pullImage({
      image: () => containerOf(this.pod).image,
      canPull: this.options.canPull,
      report: (state) => this.report(state),
      backoffMs: this.options.restartBackoffMs,
      signal: this.stopping.signal,
    })
  }

  private async runOnce(): Promise<number> {
    const container = containerOf(this.pod)
    const env = environmentOf(this.pod, this.ip)
    const command = [...(container.command ?? []), ...(container.args ?? [])].map((word) => expand(word, env))
    const { pod, ip, root } = this
    const argv = this.options.commands(command, { pod, ip, root })
    const extra = this.options.environment(pod, ip, root)
    const { PATH = '', HOME = '/tmp' } = process.env
    this.process = runContainer({
      argv,
      env: { PATH, HOME, ...env, ...extra },
      logFile: this.logFile(),
      namespace: this.options.namespace,
    })
    const probing = new AbortController()
    await this.report({ kind: 'Running', startedAt: new Date().toISOString() })
    void this.probe(container, probing.signal)
    const exitCode = await this.process.ended
    probing.abort()
    this.ready = this.started = false
    await this.report({ kind: 'Terminated', exitCode, finishedAt: new Date().toISOString() })
    return exitCode
  }

  private async probe(container: Container, signal: AbortSignal): Promise<void> {
    const graceSeconds = specOf(this.pod).terminationGracePeriodSeconds ?? 30
    await runProbes(
      this.options.agent,
      container,
      this.ip,
      {
        onStarted: () => {
          this.started = true
          void this.report(this.state)
        },
        onReady: (ready) => {
          this.ready = ready
          void this.report(this.state)
        },
        onUnhealthy: () => {
          const current = this.process
          current?.terminate()
          setTimeout(() => current?.kill(), graceSeconds * 1000).unref()
        },
      },
      signal,
    )
  }

  private async waitForRestart(exitCode: number, backoffMs: number): Promise<void> {
    if (backoffMs === 0) return
    await this.report({ kind: 'Waiting', reason: 'CrashLoopBackOff', message: `it ended with ${exitCode}` })
    await pause(backoffMs, undefined, { signal: this.stopping.signal }).catch(() => undefined)
  }

  /** The containers' end is in the status before the object goes: that is kubelet's word. */
  private async finish(): Promise<void> {
    this.process = undefined
    if (!this.forgotten) {
      const state =
        this.state.kind === 'Terminated'
          ? this.state
          : ({ kind: 'Terminated', exitCode: 0, finishedAt: new Date().toISOString() } as const)
      await this.report(state)
      await pause(unmountMs)
      await this.removeObject()
    }
    rmSync(this.root, { recursive: true, force: true })
  }

  private async removeObject(): Promise<void> {
    const options = { gracePeriodSeconds: 0, preconditions: { uid: this.uid } }
    await this.options.client.request('DELETE', this.path(), options).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })
  }

  /** Only what changed is written, in order. */
  private async report(state: ContainerState): Promise<void> {
    this.state = state
    this.writing = this.writing.then(async () => {
      const status = podStatus(this.pod, {
        state: this.state,
        ready: this.ready,
        started: this.started,
        restarts: this.restarts,
        ip: this.ip,
      })
      const text = JSON.stringify(status)
      if (text === this.written || this.forgotten) return
      const patch = { metadata: { uid: this.uid }, status }
      await this.options.client
        .request('PATCH', `${this.path()}/status`, patch, 'application/merge-patch+json')
        .then(
          (pod) => {
            this.written = text
            this.pod = { ...this.pod, status: pod['status'] }
          },
          () => undefined,
        )
    })
    await this.writing
  }

  private volumeContext(): VolumeContext {
    return { ...this.options.lookUp, pod: this.pod, ip: this.ip, root: this.root, token: this.token }
  }

  private path(): string {
    return `/api/v1/namespaces/${this.namespace}/pods/${this.name}`
  }
}
