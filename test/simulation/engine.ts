// A model of redis-server 7: roles, queued commands, replication with partial and full syncs, append-only file.
import { append, continues, forked, reloaded, withPing, type Dataset, type LogNode } from './dataset.ts'
import type { Disk } from './disk.ts'
import type { Link, Neighbours } from './neighbours.ts'
import type { Process } from './world.ts'

const retryMs = 1000
const pingMs = 10_000
const resendMs = 200
const startMs = 25
const nobodyAddress = '127.0.0.1'

export class Engine {
  readonly process: Process
  readonly address: string
  readonly disk: Disk
  role: 'master' | 'slave' = 'slave'
  upstream: { host: string; port: number }
  loading = true
  listening = false
  pausedUntilMs = 0
  linked = false
  syncing = false
  /** Until the rewrite after a full sync is done, the files hold the data from before. */
  rewriting = false
  data: Dataset
  links: Link[] = []
  private readonly around: Neighbours
  private attempt = 0

  constructor(
    around: Neighbours,
    process: Process,
    address: string,
    disk: Disk,
    upstream: { host: string; port: number },
  ) {
    this.around = around
    this.process = process
    this.address = address
    this.disk = disk
    this.upstream = upstream
    this.data = reloaded(disk.log, this.freshReplid())
    const { world } = around
    world.plainly(startMs / 2, process, () => {
      this.listening = true
    })
    world.plainly(startMs + disk.loadMs + world.random.between(0, 60), process, () => {
      this.loading = false
      this.data = reloaded(disk.log, this.freshReplid())
      this.connect()
      this.pingForever()
    })
  }

  get accepts(): boolean {
    return this.process.alive && this.role === 'master' && !this.loading
  }

  /** Whether a replica may connect here: a replica without a primary turns others away. */
  get serves(): boolean {
    return this.process.alive && !this.loading && (this.role === 'master' || this.linked)
  }

  /** Throws while loading, as redis-server does. */
  follow(host: string, port: number): void {
    this.refuseWhileLoading()
    this.role = 'slave'
    this.upstream = { host, port }
    this.turn()
    this.connect()
  }

  /** Throws while loading, as redis-server does. */
  open(): void {
    this.refuseWhileLoading()
    if (this.role === 'master') return
    this.role = 'master'
    this.turn()
    this.data = forked(this.data, this.freshReplid())
    this.around.onWritable(this)
  }

  /** Those who write meanwhile wait; the model lets them try again. */
  pauseWrites(ms: number): void {
    this.pausedUntilMs = this.around.world.nowMs + ms
  }

  /** The log that holds the write, or undefined when it is refused. */
  write(id: number, mark?: number): LogNode | undefined {
    if (!this.accepts || this.around.world.nowMs < this.pausedUntilMs) return undefined
    this.around.onWritable(this)
    this.take(append(this.data, id, mark))
    this.propagate()
    return this.data.log
  }

  /** FUNCTION FLUSH by a user takes the marker away. */
  loseMark(): void {
    const log = { write: 0, before: this.data.log, keys: this.data.log?.keys ?? 0, mark: undefined }
    this.take({ ...this.data, log, offset: this.data.offset + 1 })
    this.propagate()
  }

  acknowledgedBy(offset: number): number {
    return this.links.filter(({ acknowledged }) => acknowledged >= offset).length
  }

  /** The process ended: whoever was connected to it notices, unless a cut hides it. */
  ended(): void {
    const { world, network } = this.around
    for (const { replica } of this.links)
      if (network.passes(this.address, replica.address, 'redis', true))
        world.plainly(1, replica.process, () => replica.lost(this.address))
    const primary = this.around.engineAt(this.upstream.host)
    primary?.forget(this)
  }

  private refuseWhileLoading(): void {
    if (!this.loading) return
    throw Object.assign(new Error('LOADING Redis is loading the dataset in memory'), { name: 'ReplyError' })
  }

  /** Every change of role or upstream cuts the connections of the old one. */
  private turn(): void {
    this.attempt += 1
    this.linked = this.syncing = false
    const { links } = this
    this.links = []
    for (const { replica } of links)
      this.around.world.plainly(1, replica.process, () => replica.lost(this.address))
  }

  private take(data: Dataset): void {
    this.data = data
    if (!this.rewriting) this.disk.append(data.log)
  }

  private propagate(): void {
    for (const link of this.links) this.send(link)
  }

  /** TCP: what a cut holds back arrives after it, and nothing overtakes. */
  private send(link: Link): void {
    if (link.sending) return
    link.sending = true
    const { world, network } = this.around
    const { replica } = link
    world.plainly(1, replica.process, () => {
      link.sending = false
      if (!this.isOpen(link)) return
      if (network.passes(this.address, replica.address, 'redis', true)) {
        replica.take({ ...this.data })
        this.acknowledge(link)
      } else world.plainly(resendMs, undefined, () => this.send(link))
    })
  }

  private acknowledge(link: Link): void {
    const { world, network } = this.around
    const { replica } = link
    const { offset } = replica.data
    world.plainly(1, this.process, () => {
      if (!this.isOpen(link)) return
      if (network.passes(replica.address, this.address, 'redis', true)) link.acknowledged = offset
      else world.plainly(resendMs, replica.process, () => this.acknowledge(link))
    })
  }

  private isOpen(link: Link): boolean {
    const { replica } = link
    const follows = replica.linked && replica.upstream.host === this.address
    return follows && this.links.includes(link) && replica.process.alive && this.process.alive
  }

  private lost(address: string): void {
    if (this.upstream.host !== address || !this.linked) return
    this.linked = false
    this.attempt += 1
    this.retry(this.attempt)
  }

  private connect(): void {
    if (this.role === 'slave' && this.upstream.host !== nobodyAddress) this.tryConnect(this.attempt)
  }

  private retry(attempt: number): void {
    const { world } = this.around
    world.plainly(retryMs * (0.5 + world.random.next() / 2), this.process, () => this.tryConnect(attempt))
  }

  private tryConnect(attempt: number): void {
    if (attempt !== this.attempt || this.linked) return
    const { network, world } = this.around
    const primary = this.around.engineAt(this.upstream.host)
    const reachable =
      primary !== undefined &&
      primary !== this &&
      this.upstream.port === 6379 &&
      primary.serves &&
      network.connects(this.address, primary.address, 'redis')
    if (reachable) world.plainly(1, primary.process, () => primary.accept(this, attempt))
    else this.retry(attempt)
  }

  private accept(replica: Engine, attempt: number): void {
    if (!this.serves || attempt !== replica.attempt) {
      replica.retry(attempt)
      return
    }
    const { world } = this.around
    const mine = this.attempt
    if (continues(replica.data, this.data))
      world.plainly(1, replica.process, () => replica.join(this, mine, attempt))
    else world.plainly(1, replica.process, () => replica.transfer(this, mine, attempt))
  }

  /** A full sync: the transfer keeps the old data, the load begins with none, the files change after the rewrite. */
  private transfer(primary: Engine, theirs: number, attempt: number): void {
    if (attempt !== this.attempt) return
    const { world, network } = this.around
    this.syncing = true
    world.plainly(world.random.between(10, 200), this.process, () => {
      if (attempt !== this.attempt) return
      this.syncing = false
      const complete = primary.serves && theirs === primary.attempt && !primary.process.stalled
      if (complete && network.connects(this.address, primary.address, 'redis'))
        this.load({ ...primary.data }, () => this.join(primary, theirs, attempt))
      else this.retry(attempt)
    })
  }

  private load(data: Dataset, then: () => void): void {
    const { world } = this.around
    this.around.onReplaced(this, data.log)
    world.reached.add('full sync')
    this.loading = this.rewriting = true
    this.data = { ...this.data, log: undefined }
    world.plainly(world.random.between(10, 200), this.process, () => {
      this.loading = false
      this.data = data
      then()
      world.plainly(world.random.between(20, 500), this.process, () => {
        this.rewriting = false
        this.disk.append(this.data.log)
      })
    })
  }

  private join(primary: Engine, theirs: number, attempt: number): void {
    if (attempt !== this.attempt) return
    const { network } = this.around
    const complete = primary.serves && theirs === primary.attempt
    if (!complete || !network.connects(this.address, primary.address, 'redis')) {
      this.retry(attempt)
      return
    }
    const link: Link = { replica: this, acknowledged: 0, sending: false }
    primary.forget(this)
    primary.links.push(link)
    this.linked = true
    this.take({ ...primary.data })
    primary.acknowledge(link)
  }

  private forget(replica: Engine): void {
    this.links = this.links.filter((link) => link.replica !== replica)
  }

  private pingForever(): void {
    this.around.world.plainly(pingMs, this.process, () => {
      if (this.role === 'master') {
        this.data = withPing(this.data)
        this.propagate()
      }
      // A connection that died behind a cut is noticed in the end.
      if (this.linked && this.isOrphaned()) this.lost(this.upstream.host)
      this.pingForever()
    })
  }

  private isOrphaned(): boolean {
    const primary = this.around.engineAt(this.upstream.host)
    return primary?.links.some(({ replica }) => replica === this) !== true
  }

  private freshReplid(): string {
    return this.around.world.random.next().toString(36).slice(2, 12)
  }
}
