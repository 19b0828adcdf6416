import type { Loss } from './bptt.ts'

/** Mean of (y − target)² over every element; `target` is laid out as y, [batch][time][features]. */
export function mse(target: ArrayLike<number>): Loss {
  return ({ y }, gradient) => {
    if (target.length !== y.length) {
      throw new RangeError(`target must hold ${y.length} values, got ${target.length}`)
    }
    let sum = 0
    for (let i = 0; i < y.length; i++) {
      const error = y[i] - target[i]
      sum += error * error
      gradient.y[i] = (2 * error) / y.length
    }
    return sum / y.length
  }
}
