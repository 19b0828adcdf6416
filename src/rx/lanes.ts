import { createUseOrder } from './useOrder.ts'

/** Numbers of the places that keyed streams hold; the stream longest unused gives its place up. */
export interface Lanes {
  /** The lane of a stream, and whether the stream is new to it. */
  of(key: string): { readonly lane: number; readonly fresh: boolean }
  /** Frees the lane of one stream, or of all; returns how many there were. */
  forget(key?: string): number
}

/** @param onEvict hears of each stream that gave its place up */
export function createLanes(max: number, onEvict?: (key: string) => void): Lanes {
  // Keys come from outside: never a bare object. Entries stay where they are when used, because deleting and setting
  // them anew would make the Map twice as large as its streams need.
  const lanes = new Map<string, number>()
  const keys: string[] = []
  const order = createUseOrder()
  const free: number[] = []

  const take = (): number => {
    if (free.length > 0) return free.pop()!
    if (lanes.size < max) return lanes.size
    const lane = order.oldest()
    order.remove(lane)
    lanes.delete(keys[lane])
    onEvict?.(keys[lane])
    return lane
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
      const lane = take()
      lanes.set(key, lane)
      keys[lane] = key
      order.append(lane)
      return { lane, fresh: true }
    },
    forget(key) {
      if (key !== undefined) return release(key) ? 1 : 0
      const forgotten = lanes.size
      for (const name of [...lanes.keys()]) release(name)
      return forgotten
    },
  }
}
