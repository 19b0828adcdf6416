import { createUseOrder } from './useOrder.ts'

/** Numbers of the places that keyed streams hold; the stream longest unused gives its place up. */
export interface Lanes {
  /** The lane of a stream, whether the stream is new to it, and which one it took it from. */
  of(key: string): { readonly lane: number; readonly fresh: boolean; readonly evicted?: string }
  /** Frees the lane of one stream, or of all; returns how many there were. */
  forget(key?: string): number
}

export function createLanes(max: number): Lanes {
  // Keys come from outside: never a bare object. Entries stay where they are when used, because deleting and setting
  // them anew would make the Map twice as large as its streams need.
  const lanes = new Map<string, number>()
  const keys: string[] = []
  const order = createUseOrder()
  const free: number[] = []

  /** A lane for a new stream, and the stream that had to leave it. */
  const take = (): { lane: number; evicted?: string } => {
    if (free.length > 0) return { lane: free.pop()! }
    if (lanes.size < max) return { lane: lanes.size }
    const lane = order.oldest()
    const evicted = keys[lane]
    order.remove(lane)
    lanes.delete(evicted)
    return { lane, evicted }
  }

  const release = (key: string): boolean => {
    const lane = lanes.get(key)
    if (lane === undefined) return false
    lanes.delete(key)
    order.remove(lane)
    free.push(lane)
    return true
  }

  return {
    of(key) {
      const known = lanes.get(key)
      if (known !== undefined) {
        order.remove(known)
        order.append(known)
        return { lane: known, fresh: false }
      }
      const { lane, evicted } = take()
      lanes.set(key, lane)
      keys[lane] = key
      order.append(lane)
      return { lane, fresh: true, evicted }
    },
    forget(key) {
      if (key !== undefined) return release(key) ? 1 : 0
      const forgotten = lanes.size
      for (const name of [...lanes.keys()]) release(name)
      return forgotten
    },
  }
}
