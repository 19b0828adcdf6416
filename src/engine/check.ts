import type { GruSpec } from './spec.ts'

// Checks of what a stepper is asked for.

/** @throws RangeError when streams of such a GRU cannot be stepped one reading at a time */
export function checkForward(spec: GruSpec): void {
  if (spec.direction !== 'forward') {
    throw new RangeError(`a stepper needs direction forward, got ${spec.direction}`)
  }
}

/** @throws RangeError unless `lane` is one of `count` */
export function checkLane(lane: number, count: number): void {
  if (!(Number.isInteger(lane) && lane >= 0 && lane < count)) {
    throw new RangeError(`lane must be a whole number below ${count}, got ${String(lane)}`)
  }
}

/** @throws RangeError unless `lanes` can be the number of states of a pool that has `least` */
export function checkLaneCount(lanes: number, least: number): void {
  if (!Number.isSafeInteger(lanes) || lanes < least) {
    throw new RangeError(`lanes must be a whole number from ${least}, got ${String(lanes)}`)
  }
}

/** @throws RangeError unless there are `length` values */
export function checkLength(name: string, values: Float32Array, length: number): void {
  if (values.length !== length)
    throw new RangeError(`${name} must hold ${length} values, got ${values.length}`)
}

/** @throws RangeError naming a value that is not finite */
export function checkFinite(name: string, values: Float32Array): void {
  // v − v is 0 for finite numbers alone: one sum is cheaper than a question for each.
  let sum = 0
  const length = values.length
  for (let i = 0; i < length; i++) sum += values[i] - values[i]
  if (sum === 0) return
  const bad = values.findIndex((v) => !Number.isFinite(v))
  throw new RangeError(`${name} must be finite, got ${values[bad]} at index ${bad}`)
}
