// The faults, as data: what is done to the primary, and what ends it.
import { instanceAnnotations } from '../../../instance/api.ts'
import { namespace } from '../../e2e/cluster-view.ts'
import type { Cut } from './network.ts'
import type { OperatorSystem } from './operator.ts'
import type { Host, System } from './system.ts'

interface Common {
  readonly name: string
  /** Also in the short campaign: beside Sentinel, or without it. */
  readonly quick?: 'both' | 'operator'
  /** A whole container stands still and wakes up: the one residue that is promised to be short, not absent. */
  readonly frozen?: true
  /** Also with the shortest timings that are sensible. */
  readonly tuned?: true
  readonly needsNetwork?: true
  /** Without a move of the primary the fault ends after this long, once writes are acknowledged. */
  readonly holdSeconds?: number
}

export type Fault = Common &
  (
    | {
        readonly on: 'both'
        readonly inject: (system: System, primary: Host) => Promise<void> | void
        readonly heal?: (system: System, primary: Host) => Promise<void> | void
      }
    | {
        readonly on: 'operator'
        /** What must be known for it, before the clock runs. */
        readonly prepare?: (system: OperatorSystem) => Promise<void>
        readonly inject: (system: OperatorSystem, primary: Host) => Promise<void> | void
        readonly heal?: (system: OperatorSystem, primary: Host) => Promise<void> | void
      }
  )

export const faults: readonly Fault[] = [
  {
    name: 'kill -9 redis-server',
    on: 'both',
    quick: 'both',
    inject: (system, primary) => system.signal(primary, 'redis', 'SIGKILL'),
  },
  {
    name: 'kill -9 the instance (PID 1)',
    on: 'operator',
    quick: 'operator',
    inject: (system, primary) => system.signal(primary, 'supervisor', 'SIGKILL'),
  },
  {
    name: 'kill -9 everything of it',
    on: 'both',
    inject: (system, primary) => system.signal(primary, 'both', 'SIGKILL'),
  },
  {
    name: 'Pod deleted, or evicted',
    on: 'operator',
    inject: (system, primary) => system.deletePod(primary, 'graceful'),
  },
  {
    name: 'Pod deleted by force, runs on',
    on: 'operator',
    inject: (system, primary) => system.deletePod(primary, 'forced'),
    heal: ({ stage }: OperatorSystem) => stage.kubelet.ghosts().forEach((ghost) => ghost.kill()),
  },
  {
    name: 'planned switchover',
    on: 'both',
    quick: 'operator',
    inject: (system, primary) => system.move(primary),
  },
  stopped('SIGSTOP redis-server', 'redis', 'both'),
  stopped('SIGSTOP the instance (PID 1)', 'supervisor', 'operator'),
  { ...stopped('SIGSTOP everything of it (frozen)', 'both', 'both'), frozen: true },
  { ...cut('cut off, both ways', 'both'), quick: 'both', tuned: true },
  cut('cut off, nobody hears it', 'from'),
  cut('cut off, it hears nobody', 'to'),
  { ...cut('cut off, only port 8080', 'http'), on: 'operator' },
  { ...cut('cut off from the API only', 'api'), on: 'operator', holdSeconds: 15 },
  { name: 'kill -9 redis-server, hooks killed after promote', on: 'operator', inject: killHooksAfterPromote },
  { name: 'kill -9 redis-server, Metacontroller restarts', on: 'operator', inject: restartMetacontroller },
  {
    name: 'restarts with an empty disk',
    on: 'both',
    // In one go: whoever starts it again gets no turn in between.
    inject(system: System, primary: Host): void {
      system.signal(primary, 'both', 'SIGKILL')
      system.wipe(primary)
    },
  },
]

function stopped<On extends 'both' | 'operator'>(
  name: string,
  which: 'redis' | 'supervisor' | 'both',
  on: On,
): Common & {
  readonly on: On
  readonly inject: (system: System, primary: Host) => void
  readonly heal: (system: System, primary: Host) => void
} {
  return {
    name,
    on,
    holdSeconds: 40,
    inject: (system, primary) => system.signal(primary, which, 'SIGSTOP'),
    heal: (system, primary) => system.signal(primary, 'both', 'SIGCONT'),
  }
}

function cut(
  name: string,
  what: Cut,
): Common & {
  readonly on: 'both'
  readonly inject: (system: System, primary: Host) => void
  readonly heal: (system: System, primary: Host) => void
} {
  return {
    name,
    on: 'both',
    needsNetwork: true,
    holdSeconds: 40,
    inject: (system, primary) => system.cut?.(primary, what),
    heal: (system, primary) => system.reconnect(primary),
  }
}

/** The successor claims its epoch in the API after it was told to promote and before it answers. */
async function killHooksAfterPromote(system: OperatorSystem, primary: Host): Promise<void> {
  const { stage } = system
  const done = new AbortController()
  system.signal(primary, 'redis', 'SIGKILL')
  const before = await highestClaim(system)
  const timer = setTimeout(() => done.abort(), 30_000)
  try {
    for await (const { object } of stage.client.watch(`${pods}?watch=true`, done.signal)) {
      if (claimOf(object.metadata.annotations) > before) break
    }
  } finally {
    clearTimeout(timer)
    done.abort()
  }
  await stage.hooks.kill()
  await stage.hooks.start()
}

async function restartMetacontroller(system: OperatorSystem, primary: Host): Promise<void> {
  const { metacontroller } = system.stage
  system.signal(primary, 'redis', 'SIGKILL')
  await metacontroller.stop()
  await metacontroller.start()
}

const pods = `/api/v1/namespaces/${namespace}/pods`

async function highestClaim({ stage }: OperatorSystem): Promise<number> {
  const { items } = (await stage.client.request('GET', pods)) as unknown as {
    readonly items: readonly {
      readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
    }[]
  }
  return Math.max(...items.map(({ metadata }) => claimOf(metadata.annotations)))
}

const claimOf = (annotations: Readonly<Record<string, string>> = {}): number =>
  Number(annotations[instanceAnnotations.epoch] ?? 0)
