// Planned moves that are interrupted: each blow at each moment, and one primary comes of it.
import { test } from 'node:test'
import type { Host } from '../host.ts'
import { askFor, deletePod, isPaused, pair } from './people.ts'
import {
  accepts,
  cast,
  endsWell,
  hasClaimed,
  isNamedAfter,
  loseNode,
  part,
  pass,
  play,
  stallEngine,
  stallServer,
  until,
  type Stage,
} from './stage.ts'

type Blow = (stage: Stage, primary: Host, successor: Host) => unknown

const blows: Readonly<Record<string, Blow>> = {
  'the old primary crashes': (_stage, primary) => primary.crash(),
  'its PID 1 dies, and redis-server goes on': (_stage, primary) => primary.crashLeavingOrphan(),
  'its redis-server dies': (_stage, primary) => primary.crashEngine(),
  'its PID 1 stalls': stallServer,
  'its redis-server stalls': stallEngine,
  'it is deleted': deletePod,
  'its node is lost': loseNode,
  'only the API reaches it': (stage, primary) => part(stage, primary, ['hooks', ...cast(stage).replicas]),
  'only its peers reach it': (stage, primary) => part(stage, primary, ['hooks', 'api']),
  'the successor crashes': (_stage, _primary, successor) => successor.crash(),
  'the successor loses its disk': (_stage, _primary, successor) => {
    successor.crash()
    successor.disk.wipe()
  },
  'PID 1 of the successor stalls': (stage, _primary, successor) => stallServer(stage, successor),
  'redis-server of the successor stalls': (stage, _primary, successor) => stallEngine(stage, successor),
  'the successor is deleted': (stage, _primary, successor) => deletePod(stage, successor),
  'the node of the successor is lost': (stage, _primary, successor) => loseNode(stage, successor),
  'the successor does not reach the API': (stage, _primary, successor) => part(stage, successor, ['api']),
  'the hooks die': ({ simulation }) => simulation.metacontrollers.forEach((each) => each.crashHooks()),
  'an older status is written back': ({ simulation: { api } }) =>
    api.setStatus(api.clusters.at(-3)?.value.status ?? {}),
}

/** Each has come when the blow falls. */
const steps: Readonly<Record<string, (stage: Stage, primary: Host, successor: Host) => boolean>> = {
  'it is named': (stage, primary) => isNamedAfter(stage, primary, 1),
  'writes are held back': isPaused,
  'the old primary has promised': (_stage, primary) => primary.disk.reign.seen === 2,
  'the successor has claimed': (stage, _primary, successor) => hasClaimed(stage, successor, 2),
  'the successor is open': (_stage, _primary, successor) => accepts(successor),
}

const settings = [
  { seed: 1, instances: 2, k: 1 },
  { seed: 2, instances: 3, k: 1 },
  { seed: 3, instances: 3, k: 0 },
]

for (const [what, blow] of Object.entries(blows))
  test(`during a planned move: ${what}`, async () => {
    for (const [step, hasCome] of Object.entries(steps))
      for (const [index, afterMs] of [0, 3, 6].entries())
        for (const setting of index === 0 ? settings : settings.slice(index, index + 1))
          await play(setting, async (stage) => {
            const { primary, successor } = pair(stage)
            askFor(stage, successor.name)
            await until(stage, step, () => hasCome(stage, primary, successor))
            await pass(stage, afterMs / 1000)
            blow(stage, primary, successor)
            await pass(stage, 2 + 3 * index)
            await endsWell(stage)
          })
  })
