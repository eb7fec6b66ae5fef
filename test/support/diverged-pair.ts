// Two real instances whose histories part: an old primary with writes of its own, and a successor that never had them.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Redis } from 'ioredis'
import { configKey, mounts, paths } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { identity, instanceProcess, ownUID, target, term, type InstanceProcess } from './instance-process.ts'

export interface Pair {
  readonly old: InstanceProcess
  readonly successor: InstanceProcess
}

export const terms = [term([ownUID, 'u1'])]

/** The primary of epoch 1, with `kept` on both. */
export async function pair(t: TestContext, appendonly = 'yes'): Promise<Pair> {
  const old = await instanceProcess(t)
  configure(old, appendonly)
  old.api.reign = target(1, { terms })
  await old.start()
  await old.open(1)
  await old.client().set('kept', 'on both')
  const successor = await instanceProcess(t, { api: old.api, ordinal: 1 })
  configure(successor, 'yes')
  await successor.start()
  await follow(successor, old, 1)
  assert.equal(await successor.client().get('kept'), 'on both')
  return { old, successor }
}

/** The old primary follows the one of epoch 2, which has nothing of what `write` did. */
export async function diverged(t: TestContext, write: (client: Redis) => Promise<unknown>): Promise<Pair> {
  const { old, successor } = await pair(t)
  await detach(successor, 2)
  await write(old.client())
  await succeed(old, successor, 2)
  await follow(old, successor, 2)
  return { old, successor }
}

/** Resolves when it has everything. */
export async function follow(copy: InstanceProcess, primary: InstanceProcess, epoch: number): Promise<void> {
  const query = {
    ...identity,
    pod: copy.uid,
    primaryIP: primary.ip,
    epoch: String(epoch),
    primary: primary.uid,
  }
  await eventually('it is told to follow', async () => {
    const { status, body } = await copy.post(paths.demote, query)
    if (status !== 200) throw new Error(body.detail)
    return true
  })
  await eventually('it is in sync', async () => {
    const { dataEpoch, masterLinkStatus, restarted } = await copy.status()
    return masterLinkStatus === 'up' && !restarted && dataEpoch === epoch ? true : undefined
  })
}

/** From here on it receives nothing: it is to be primary of `epoch`. */
export async function detach(successor: InstanceProcess, epoch: number): Promise<void> {
  assert.equal((await successor.fence(epoch, successor.uid)).status, 200)
}

/** Both have promised; then it is writable. */
export async function succeed(
  old: InstanceProcess,
  successor: InstanceProcess,
  epoch: number,
): Promise<void> {
  assert.equal((await old.fence(epoch, successor.uid)).status, 200)
  name(successor, epoch)
  await opened(successor, epoch, { uid: old.uid, kind: 'Demoted' })
}

export function name({ api, pod, uid }: InstanceProcess, epoch: number): void {
  api.reign = target(epoch, { targetPrimary: pod, targetPrimaryUID: uid, terms })
}

/** With a proof for the primary of the epoch before. */
export async function opened(
  successor: InstanceProcess,
  epoch: number,
  proof: { readonly uid: string; readonly kind: 'Demoted' | 'Stopped' },
): Promise<void> {
  await eventually('the successor opens', async () => {
    const { status, body } = await successor.promote(epoch, [{ ...proof, epoch: epoch - 1 }])
    if (status !== 200) throw new Error(body.detail)
    return true
  })
}

/** Full syncs begin at once. */
function configure({ root }: InstanceProcess, appendonly: string): void {
  const text = `appendonly ${appendonly}\nsave ""\nrepl-diskless-sync-delay 0\n`
  writeFileSync(join(root + mounts.config, configKey), text)
}
