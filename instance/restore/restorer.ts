// The real restorer of an instance: its volume, its store, its throw-away redis-server.
import type { OpenStore } from '../backup/store.ts'
import type { Place } from './place.ts'
import { stage, type Staged, type StageOptions } from './stage.ts'
import { datasetOn, install, noteOn, removeNote, tidy, type Note } from './volume.ts'

/** What a restore at birth needs of the world. */
export interface Restorer {
  /** Takes away what a crash left unfinished. Never rejects. */
  tidy(): Promise<void>
  /** What data lie on the volume; undefined for none. */
  dataset(): Promise<string | undefined>
  /** Makes the dataset, beside everything else. */
  stage(options: StageOptions): Promise<Staged>
  /** Puts it into place: whole, or not at all. */
  install(note: Note): Promise<void>
  /** What was put into place, until it is recorded. */
  installed(): Promise<Note | undefined>
  recorded(): Promise<void>
}

export function restorerOn(place: Place, openStore: OpenStore): Restorer {
  const { data, log } = place
  return {
    tidy: () => tidy(data).catch((error: unknown) => log.warn({ err: error }, 'a folder is left behind')),
    dataset: () => datasetOn(data),
    stage: (options) => stage(place, openStore, options),
    install: (note) => install(data, note),
    installed: () => noteOn(data),
    recorded: () => removeNote(data),
  }
}
