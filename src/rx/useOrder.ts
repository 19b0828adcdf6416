/** Small whole numbers in the order of their use; every change takes the same short time. */
export interface UseOrder {
  /** The number longest unused; −1 when there is none. */
  oldest(): number
  /** A number that is not in it becomes the newest. */
  append(number: number): void
  /** Takes out a number that is in it. */
  remove(number: number): void
}

/** A doubly linked ring in eight bytes a number. */
export function createUseOrder(): UseOrder {
  // Number n is at n + 1; at 0 stands the end of the ring, between the newest and the oldest.
  let newer = new Int32Array(16)
  let older = new Int32Array(16)

  return {
    oldest: () => newer[0] - 1,
    append(number) {
      const at = number + 1
      if (at >= newer.length) {
        newer = enlarged(newer, at)
        older = enlarged(older, at)
      }
      const newest = older[0]
      older[at] = newest
      newer[at] = 0
      newer[newest] = at
      older[0] = at
    },
    remove(number) {
      const at = number + 1
      newer[older[at]] = newer[at]
      older[newer[at]] = older[at]
    },
  }
}

function enlarged(links: Int32Array, at: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * links.length, at + 1))
  larger.set(links)
  return larger
}
