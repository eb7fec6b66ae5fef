// Brings what the kernel still holds of a file, or of a folder's names, to the disk.
import { open } from 'node:fs/promises'

export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
