/** Powers of two are tabulated at steps of 1/32: exp(x) = 2^(k/32) · exp(r), |r| ≤ ln 2 / 64. */
const STEPS = 32
/** Beyond ±LIMIT a sigmoid is 0 or 1 to within 10⁻¹⁷. */
const LIMIT = 40
const MIDDLE = Math.ceil((LIMIT * STEPS) / Math.LN2)
const POWERS: Float64Array = Float64Array.from(
  { length: 2 * MIDDLE + 1 },
  (_, i) => 2 ** ((i - MIDDLE) / STEPS),
)
const PER_UNIT = STEPS / Math.LN2
const UNIT = Math.LN2 / STEPS

/**
 * σ(x) = 1 / (1 + exp(−x)) in float64, to 10⁻¹⁵ absolute; NaN stays NaN.
 *
 * `Math.exp` is a call that V8 cannot inline; here it costs more than the products of a small GRU.
 */
export function sigmoid(x: number): number {
  const y = x > LIMIT ? -LIMIT : x < -LIMIT ? LIMIT : -x
  const k = Math.floor(y * PER_UNIT + 0.5)
  const r = y - k * UNIT
  // Taylor series to r⁶: the rest is below 4·10⁻¹⁸.
  const p = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720))))))
  return 1 / (1 + POWERS[(k | 0) + MIDDLE] * p)
}

/** tanh(x) in float64, to 10⁻¹⁵ absolute (near 0 not relative); NaN stays NaN. */
export function tanh(x: number): number {
  return 2 * sigmoid(2 * x) - 1
}
