// Before redis-server starts for the first time in a cluster that is born from a backup: waits, restores, or goes on without.
import type { Bootstrap, RestoreReport } from '../artifact.ts'
import type { ClusterConfig } from '../config.ts'
import type { Keeper } from '../keeper.ts'
import type { KubernetesApi } from '../kubernetes/api.ts'
import type { Parts, SettingsSource } from '../parts.ts'
import { messageOf, size } from './failure.ts'
import { planOf, useOf } from './plan.ts'
import type { Restorer } from './restorer.ts'
import { kindOf, pauseSeconds, type FailureKind } from './retry.ts'
import type { Progress, Staged } from './stage.ts'

export interface BirthOptions {
  readonly config: ClusterConfig
  readonly parts: Pick<Parts, 'clock' | 'log'>
  readonly api: KubernetesApi
  readonly restorer: Restorer
  readonly keeper: Keeper
  readonly settings: Pick<SettingsSource, 'current'>
  /** Why redis-server does not run yet, as a sentence. */
  readonly onWaiting: (why: string) => void
  readonly onTransition: (what: string) => void
}

const lookMs = 1000
const reasonCharacters = 1024

export class Birth {
  private readonly options: BirthOptions
  private current: RestoreReport | undefined
  private failures: { readonly kind: FailureKind; readonly count: number } = { kind: 'Passing', count: 0 }

  constructor(options: BirthOptions) {
    this.options = options
  }

  /** What was restored to this volume stays told. */
  get report(): RestoreReport | undefined {
    const { restored } = this.options.keeper.state()
    return restored === undefined ? this.current : { ...restored, state: 'Done' }
  }

  /** Resolves when redis-server may start: over the restored data, or over what lies there. */
  async begin(signal: AbortSignal): Promise<void> {
    const { keeper, restorer } = this.options
    await this.recordInstalled()
    const used = useOf(keeper.state(), await restorer.dataset())
    if (used !== undefined) {
      if (keeper.state().restored === undefined) void this.tellUnrestored(used, signal)
      return
    }
    // A volume that was restored and lost its data since is as good as new.
    await keeper.record({ restored: undefined })
    while (!signal.aborted) {
      const bootstrap = await this.planned(signal)
      if (bootstrap === undefined || (await this.attempt(bootstrap, signal))) return
    }
  }

  /** A crash may have come between the dataset and the record of it. */
  private async recordInstalled(): Promise<void> {
    const { keeper, restorer, config } = this.options
    const note = await restorer.installed()
    if (note === undefined) return
    const { clusterUID, ...restored } = note
    if (clusterUID === config.uid) await keeper.record({ restored })
    await restorer.recorded()
  }

  /** Waits for the API, and for the hooks. Undefined when there is nothing to restore here. */
  private async planned(signal: AbortSignal, id = ''): Promise<Bootstrap | undefined> {
    const { api, config, parts } = this.options
    while (!signal.aborted) {
      const plan = await api.getCluster().then(
        (cluster) => planOf(cluster, config.pod),
        (error: unknown) =>
          ({ kind: 'Wait', reason: `the API does not answer: ${messageOf(error)}` }) as const,
      )
      if (plan.kind === 'Restore') return plan.bootstrap
      if (plan.kind === 'Start') {
        this.current = undefined
        return undefined
      }
      this.tell({ id, state: 'Waiting', bytes: 0, reason: plan.reason })
      await parts.clock.pause(lookMs, signal)
    }
    return undefined
  }

  /** Whether the dataset is in place. */
  private async attempt(bootstrap: Bootstrap, signal: AbortSignal): Promise<boolean> {
    const { restorer, settings } = this.options
    const { id } = bootstrap
    try {
      const { configText } = await settings.current()
      const onProgress = (progress: Progress): void => this.tell({ id, ...progress })
      const staged = await restorer.stage({ bootstrap, configText, signal, onProgress })
      return await this.adopt(bootstrap, staged, signal)
    } catch (error) {
      await restorer.tidy()
      if (!signal.aborted) await this.failed(id, error, signal)
      return false
    }
  }

  /** It took its time: meanwhile the cluster may have been born without it. */
  private async adopt({ id }: Bootstrap, staged: Staged, signal: AbortSignal): Promise<boolean> {
    const { restorer, keeper, config, onTransition, parts } = this.options
    const still = await this.planned(signal, id)
    if (still?.id !== id || useOf(keeper.state(), await restorer.dataset()) !== undefined) {
      await restorer.tidy()
      return false
    }
    await restorer.install({ clusterUID: config.uid, id, ...staged })
    await this.recordInstalled()
    parts.log.info({ restore: this.report }, 'restored')
    onTransition('restored its backup')
    return true
  }

  private async failed(id: string, error: unknown, signal: AbortSignal): Promise<void> {
    const { parts, onTransition } = this.options
    const kind = kindOf(error)
    this.failures = { kind, count: kind === this.failures.kind ? this.failures.count + 1 : 1 }
    const seconds = pauseSeconds(kind, this.failures.count)
    parts.log.warn({ err: error, seconds }, 'the backup could not be restored; trying again')
    const { state: reached = 'Checking', bytes = 0 } = this.current ?? {}
    const state = kind === 'Passing' && reached !== 'Waiting' ? reached : 'Failed'
    this.tell({ id, state, bytes, reason: `${messageOf(error)} (trying again in ${seconds} s)` })
    if (state === 'Failed') onTransition('could not restore its backup')
    await parts.clock.pause(seconds * 1000, signal)
  }

  /** For the person who wonders why the cluster is not born: once, and nothing waits for it. */
  private async tellUnrestored(used: string, signal: AbortSignal): Promise<void> {
    const { api, config, parts } = this.options
    while (!signal.aborted) {
      const plan = await api.getCluster().then(
        (cluster) => planOf(cluster, config.pod),
        () => ({ kind: 'Wait' }) as const,
      )
      if (plan.kind === 'Start') return
      if (plan.kind === 'Restore') {
        const reason = `${used}, so nothing is restored to it: delete the claim of this Pod if nobody needs them, and then the Pod`
        this.tell({ id: plan.bootstrap.id, state: 'Failed', bytes: 0, reason })
        return
      }
      await parts.clock.pause(lookMs, signal)
    }
  }

  private tell(report: RestoreReport): void {
    const { reason } = report
    this.current = {
      ...report,
      ...(reason === undefined ? {} : { reason: reason.slice(0, reasonCharacters) }),
    }
    this.options.onWaiting(sentenceOf(this.current))
  }
}

function sentenceOf({ state, bytes, totalBytes, reason }: RestoreReport): string {
  const progress = totalBytes === undefined ? '' : ` (${size(bytes)} of ${size(totalBytes)})`
  return `restoring a backup: ${state}${progress}${reason === undefined ? '' : `: ${reason}`}`
}
