// Shows the promise on the own Pod, for everybody who reads the API; and remembers since when it has been shown.
import { instanceAnnotations } from './api.ts'
import type { ShownPromise } from './ballot.ts'
import type { ClusterConfig } from './config.ts'
import type { Parts } from './parts.ts'

const mostShown = 16

interface Shown {
  readonly epoch: number
  readonly target: string
  readonly sinceMs: number
}

export class PromiseBoard {
  private readonly parts: Parts
  private readonly podName: string
  private readonly podUid: string
  private shown: readonly Shown[] = []
  private writing = false

  constructor(parts: Parts, { pod, podUid }: ClusterConfig) {
    this.parts = parts
    this.podName = pod
    this.podUid = podUid
  }

  list(): ShownPromise[] {
    const nowMs = this.parts.clock.nowMs()
    return this.shown.map(({ epoch, target, sinceMs }) => ({
      epoch,
      target,
      seconds: (nowMs - sinceMs) / 1000,
    }))
  }

  /** Only of a promise that redis-server obeys already. Counted from the API's answer; rejects when that failed. */
  async show(obeyed: { readonly epoch: number; readonly target: string }): Promise<void> {
    const { api, clock } = this.parts
    const { epoch, target } = obeyed
    if (api === undefined || this.writing || epoch === 0 || this.shown.at(-1)?.epoch === epoch) return
    this.writing = true
    try {
      const pod = await api.getPod(this.podName)
      if (pod?.uid !== this.podUid) return
      // With a compare: an earlier write that arrives late must not hide this one.
      const value = { [instanceAnnotations.promised]: `${epoch}/${target}` }
      if (pod.promised.epoch !== epoch) await api.annotateOwnPod(value, pod.resourceVersion)
      this.shown = [...this.shown, { epoch, target, sinceMs: clock.nowMs() }].slice(-mostShown)
    } finally {
      this.writing = false
    }
  }
}
