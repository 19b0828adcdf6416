/** Hands out blocks of lanes in the model's state pool, and takes them back. */
export interface Lanes {
  /** First lane of a free block. */
  take(): number
  give(base: number): void
  /** Lanes that must exist. */
  readonly count: number
}

/** @param first lanes below this belong to somebody else; @param block lanes per stream */
export function createLanes(first: number, block: number): Lanes {
  const free: number[] = []
  let count = first
  return {
    take() {
      const base = free.pop()
      if (base !== undefined) return base
      count += block
      return count - block
    },
    give: (base) => {
      free.push(base)
    },
    get count() {
      return count
    },
  }
}
