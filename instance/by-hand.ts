// What a person may do with an instance that was started by hand, without a cluster and its protocol.
import type { Life } from './life.ts'

export interface ByHand {
  promote(): Promise<undefined>
  follow(host: string, port: number): Promise<undefined>
}

export function byHandOf({ engine, roles }: Life): ByHand {
  return {
    async promote() {
      await roles(() => engine.open(1))
    },
    async follow(host, port) {
      await roles(async () => {
        await engine.refuseWrites(true)
        await engine.follow({ host, port, epoch: 0 })
      })
    },
  }
}
