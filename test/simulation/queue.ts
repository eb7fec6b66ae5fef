// Events in the order of their time; those of the same time in the order in which they were added.

export interface Timed {
  readonly atMs: number
  readonly order: number
}

export class EventQueue<T extends Timed> {
  private readonly heap: T[] = []

  get size(): number {
    return this.heap.length
  }

  push(item: T): void {
    const { heap } = this
    let index = heap.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as T
      if (!isBefore(item, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = item
  }

  pop(): T | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    this.sink(last)
    return first
  }

  private sink(item: T): void {
    const { heap } = this
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= heap.length) break
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right] as T, heap[left] as T) ? right : left
      const below = heap[child] as T
      if (!isBefore(below, item)) break
      heap[index] = below
      index = child
    }
    heap[index] = item
  }
}

const isBefore = (a: Timed, b: Timed): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
