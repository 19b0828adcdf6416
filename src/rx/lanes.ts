/** Numbers of the places that keyed streams hold; the stream longest unused gives its place up. */
export interface Lanes {
  /** The lane of a stream, and whether the stream is new to it. */
  of(key: string): { readonly lane: number; readonly fresh: boolean }
  /** Frees the lane of one stream, or of all; returns how many there were. */
  forget(key?: string): number
}

/** @param onEvict hears of each stream that gave its place up */
export function createLanes(max: number, onEvict?: (key: string) => void): Lanes {
  // Insertion order is order of use. Keys come from outside: never a bare object.
  const used = new Map<string, number>()
  const free: number[] = []

  const take = (): number => {
    if (free.length > 0) return free.pop()!
    if (used.size < max) return used.size
    const [oldest, lane] = used.entries().next().value!
    used.delete(oldest)
    onEvict?.(oldest)
    return lane
  }

  return {
    of(key) {
      const known = used.get(key)
      const lane = known ?? take()
      used.delete(key)
      used.set(key, lane)
      return { lane, fresh: known === undefined }
    },
    forget(key) {
      const keys = key === undefined ? [...used.keys()] : [key]
      let forgotten = 0
      for (const name of keys) {
        const lane = used.get(name)
        if (lane === undefined) continue
        used.delete(name)
        free.push(lane)
        forgotten++
      }
      return forgotten
    },
  }
}
