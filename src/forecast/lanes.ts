/** Hands out blocks of lanes in the model's state pool, and takes them back. */
export interface Lanes {
  /** First lane of a free block. */
  take(): number
  give(base: number): void
  /** Lanes that must exist. */
  readonly count: number
}

/**
 * @param block lanes per stream
 * @param growth factor by which the lanes that must exist grow at least when there are too few
 */
export function createLanes(block: number, growth: number): Lanes {
  const free: number[] = []
  let used = 0
  let count = 0
  return {
    take() {
      const base = free.pop()
      if (base !== undefined) return base
      used += block
      if (used > count) count = Math.max(used, Math.ceil(growth * count))
      return used - block
    },
    give: (base) => {
      free.push(base)
    },
    get count() {
      return count
    },
  }
}
