const FIRST_BLOCK = 64
/** Values of the largest block. */
const BLOCK = 8192

/** Numbers of which it is not known how many will come. */
export interface Growing {
  readonly length: number
  push(value: number): void
  toArray(): Float64Array
}

/** Keeps numbers in blocks, so that growing copies nothing and a short column takes little memory. */
export function createGrowing(): Growing {
  const full: Float64Array[] = []
  let before = 0
  let block = new Float64Array(FIRST_BLOCK)
  let used = 0
  return {
    get length() {
      return before + used
    },
    push(value) {
      if (used === block.length) {
        full.push(block)
        before += used
        block = new Float64Array(Math.min(2 * used, BLOCK))
        used = 0
      }
      block[used++] = value
    },
    toArray() {
      const all = new Float64Array(before + used)
      let at = 0
      for (const part of full) {
        all.set(part, at)
        at += part.length
      }
      all.set(block.subarray(0, used), at)
      return all
    },
  }
}
