import assert from 'node:assert/strict'

/** Reproducible numbers in ±0.8. */
export function numbers(seed: number): (length: number) => Float64Array {
  let state = seed >>> 0
  return (length) =>
    Float64Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return (state / 2 ** 32 - 0.5) * 1.6
    })
}

/** Asserts that `gradient` is the derivative of `loss` by each element of `values`, by central differences. */
export function assertGradient(
  name: string,
  loss: () => number,
  values: Float64Array,
  gradient: ArrayLike<number>,
): void {
  const step = 1e-5
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    values[i] = value + step
    const above = loss()
    values[i] = value - step
    const below = loss()
    values[i] = value
    const expected = (above - below) / (2 * step)
    const error = Math.abs(gradient[i] - expected) / (1 + Math.abs(expected))
    assert.ok(error < 1e-7, `${name}[${i}]: gradient ${gradient[i]}, differences ${expected}`)
  }
}

/** Σ aᵢ·bᵢ: a loss whose gradient by a is b. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** Largest absolute difference; infinite when a value is not finite or lengths differ. */
export function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let max = 0
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - expected[i])
    if (!(error <= max)) max = Number.isFinite(error) ? error : Number.POSITIVE_INFINITY
  }
  return max
}
