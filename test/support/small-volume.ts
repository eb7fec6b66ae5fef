// A data volume that is small, and can be filled to its last byte: a file system in memory, where the test may mount one.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export interface SmallVolume {
  /** From now on this path leads to it; what was there is gone. */
  putAt(path: string): void
  /** Leaves no byte. */
  fillUp(): void
  makeRoom(): void
}

const mount = (folder: string, mebibytes: number): string => {
  const size = `size=${mebibytes}m`
  const { status, error, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder], {
    encoding: 'utf8',
  })
  return status === 0 ? '' : (error?.message ?? stderr.trim())
}

// Lazily: whoever still works there is killed only afterwards.
const unmount = (folder: string): void => void spawnSync('umount', ['--lazy', folder])

/** Why there can be none; undefined when there can. */
export function smallVolumeMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount a file system'
  const folder = mkdtempSync(join(tmpdir(), 'rt-'))
  const why = mount(folder, 1)
  if (why === '') unmount(folder)
  rmSync(folder, { recursive: true })
  return why === '' ? undefined : `no file system can be mounted: ${why}`
}

export function smallVolume(t: TestContext, mebibytes: number): SmallVolume {
  const folder = mkdtempSync(join(tmpdir(), 'rt-'))
  const why = mount(folder, mebibytes)
  t.after(() => {
    unmount(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  if (why !== '') throw new Error(why)
  const ballast = join(folder, 'ballast')
  return {
    putAt(path) {
      rmSync(path, { recursive: true, force: true })
      symlinkSync(folder, path)
    },
    fillUp: () => writeUntilFull(ballast),
    makeRoom: () => rmSync(ballast),
  }
}

function writeUntilFull(file: string): void {
  const descriptor = openSync(file, 'a')
  try {
    for (let bytes = 2 ** 20; bytes >= 2 ** 9; bytes /= 2) while (hasWritten(descriptor, bytes));
  } finally {
    closeSync(descriptor)
  }
}

function hasWritten(descriptor: number, bytes: number): boolean {
  try {
    return writeSync(descriptor, Buffer.alloc(bytes)) === bytes
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
