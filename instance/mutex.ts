// One at a time, in order: for steps that must not interleave.

export type Mutex = <T>(step: () => Promise<T>) => Promise<T>

export function mutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve()
  return (step) => {
    const next = last.then(step, step)
    last = next.catch(() => undefined)
    return next
  }
}
