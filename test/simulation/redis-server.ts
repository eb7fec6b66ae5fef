// The parts of an instance that concern its redis-server, on top of the model: process and control connection.
import type { RedisServer } from '../../instance/parts.ts'
import type { RedisControl } from '../../instance/redis/control.ts'
import type { RedisInfo } from '../../instance/redis/info.ts'
import type { Disk } from './disk.ts'
import { Engine } from './engine.ts'
import type { Neighbours } from './neighbours.ts'
import type { Process } from './world.ts'

export interface Container {
  readonly around: Neighbours
  /** PID 1. */
  readonly server: Process
  readonly address: string
  readonly disk: Disk
  engine: Engine | undefined
  /** Called by whatever kills the engine: tells PID 1, unless that died with it. */
  reap: (reason: string) => void
}

const commandDeadlineMs = 1000
const socketMs = 0.1

export function modelledServer(container: Container, onExit: (reason: string) => void): RedisServer {
  const { world } = container.around
  let lastExit: string | undefined
  let waiting: (() => void)[] = []
  let running = false
  container.reap = (reason) =>
    world.after(1 + world.random.next() * 4, container.server, () => {
      running = false
      lastExit = reason
      onExit(reason)
      for (const resume of waiting.splice(0)) resume()
    })
  const reaped = (): Promise<void> =>
    running
      ? new Promise((resolve) => {
          waiting = [...waiting, resolve]
        })
      : Promise.resolve()
  return {
    start(_settings, upstream) {
      const process = world.spawn(`redis ${container.address}`)
      container.engine = new Engine(container.around, process, container.address, container.disk, upstream)
      container.disk.inheritLock(process)
      running = true
      return Promise.resolve(controlOf(container, container.engine))
    },
    async stop(deadlineMs) {
      const { engine } = container
      if (!running || engine === undefined) return
      world.after(world.random.between(5, 50), engine.process, () => endEngine(container, 'ended by SIGTERM'))
      world.after(deadlineMs, container.server, () => endEngine(container, 'killed at the deadline', engine))
      await reaped()
    },
    async kill() {
      world.after(0.5, undefined, () => endEngine(container, 'killed'))
      await reaped()
    },
    running: () => running,
    lastExit: () => lastExit,
  }
}

/** Ends the container's engine (only this one, if given). */
export function endEngine(container: Container, reason: string, only = container.engine): void {
  const { engine, around } = container
  if (engine === undefined || engine !== only || !engine.process.alive) return
  around.world.kill(engine.process)
  engine.ended()
  around.onEnded(engine)
  around.world.reached.add(`redis-server ${reason}`)
  container.reap(reason)
}

/** Commands wait in the socket while the engine is stalled, and are carried out in order when it goes on. */
function controlOf({ around, server }: Container, engine: Engine): RedisControl {
  const { world } = around
  const send = <T>(handle: () => T): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!engine.process.alive || !engine.listening) {
        reject(new Error('no connection'))
        return
      }
      const cancel = world.after(commandDeadlineMs, server, () => reject(new Error('Command timed out')))
      const reply = (step: () => void): void => {
        world.after(socketMs, server, () => {
          cancel()
          step()
        })
      }
      world.plainly(socketMs, engine.process, () => {
        try {
          const answer = handle()
          reply(() => resolve(answer))
        } catch (error) {
          reply(() => reject(error instanceof Error ? error : new Error('refused')))
        }
      })
    })
  return {
    info: () => send(() => infoOf(engine)),
    follow: (host, port) => send(() => engine.follow(host, port)),
    open: () => send(() => engine.open()),
    disconnectClients: () => send(() => undefined),
    readMark: () => send(() => engine.data.log?.mark),
    mark: (_uid, epoch) => send(() => void engine.write(-epoch, epoch)),
    pauseWrites: (ms) => send(() => engine.pauseWrites(ms)),
    resumeWrites: () => send(() => engine.pauseWrites(0)),
    setPasswords: () => Promise.resolve(),
    users: () => Promise.resolve([]),
    setUser: () => Promise.resolve(),
    deleteUser: () => Promise.resolve(),
    configGet: () => Promise.resolve(undefined),
    configSet: () => Promise.resolve(),
    persist: () => Promise.reject(new Error('the model keeps no files')),
    usePassword: () => undefined,
    close: () => undefined,
  }
}

function infoOf(engine: Engine): RedisInfo {
  const { data, role, upstream, linked, syncing, loading, links, rewriting } = engine
  return {
    role,
    offsetBytes: data.offset,
    connectedReplicas: links.length,
    replicas: links.map(({ replica, acknowledged }) => ({ ip: replica.address, offsetBytes: acknowledged })),
    follows: role === 'slave' ? { ...upstream } : undefined,
    linkUp: linked,
    syncInProgress: syncing,
    loading,
    replid: data.replid,
    replid2: data.replid2,
    secondReplOffset: data.secondOffset,
    version: '7.2.0',
    keys: data.log?.keys ?? 0,
    aofSettled: !rewriting,
    fields: {},
  }
}
