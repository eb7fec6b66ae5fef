// What a write says besides the object: how strict, whether for real, and where warnings go.
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldValidation: FieldValidation
  /** Warnings end up in the headers of the answer. */
  readonly warn: (warning: string) => void
}

/** Writes that the server makes itself. */
export const internal: WriteOptions = { dryRun: false, fieldValidation: 'Ignore', warn: () => undefined }
