/** Hands out blocks of lanes in the state pool of one version of the weights, and takes them back. */
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
 * @param initial lanes that are to exist from the start
 */
export function createLanes(block: number, growth: number, initial: number): Lanes {
  const free: number[] = []
  let used = 0
  let count = initial
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
