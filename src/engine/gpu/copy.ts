/** Length from which one call that copies all is cheaper than copying here. */
const MANY = 32

/** Copies `length` values from one place to another. */
export function copy(from: Float32Array, at: number, to: Float32Array, place: number, length: number): void {
  if (length >= MANY) to.set(from.subarray(at, at + length), place)
  else for (let i = 0; i < length; i++) to[place + i] = from[at + i]
}
