import { sigmoidOf, tanhOf } from './gates'

/** a ← max(a, 0); a NaN becomes 0. */
export function rectify(count: i32, a: usize): void {
  const zero = f32x4.splat(0)
  for (const end = a + (<usize>count << 2); a < end; a += 16) v128.store(a, f32x4.pmax(zero, v128.load(a)))
}

/** d ← 0 where a, which was rectified, is 0. */
export function unrectify(count: i32, a: usize, d: usize): void {
  const zero = f32x4.splat(0)
  for (const end = a + (<usize>count << 2); a < end; a += 16) {
    v128.store(d, v128.and(v128.load(d), f32x4.gt(v128.load(a), zero)))
    d += 16
  }
}

/**
 * Dropout in place: of each value either nothing is left, or `gain` times itself. Which, four generators of random
 * bits say (xorshift, Marsaglia 2003), begun by four seeds that are not 0: the same seeds give the same mask, forward
 * and backward.
 * @param threshold share that is dropped, times 2²⁴
 */
export function drop(
  count: i32,
  a: usize,
  seed0: i32,
  seed1: i32,
  seed2: i32,
  seed3: i32,
  threshold: i32,
  gain: f32,
): void {
  let bits = i32x4.splat(seed0)
  bits = i32x4.replace_lane(bits, 1, seed1)
  bits = i32x4.replace_lane(bits, 2, seed2)
  bits = i32x4.replace_lane(bits, 3, seed3)
  const least = i32x4.splat(threshold)
  const gains = f32x4.splat(gain)
  for (const end = a + (<usize>count << 2); a < end; a += 16) {
    bits = v128.xor(bits, i32x4.shl(bits, 13))
    bits = v128.xor(bits, i32x4.shr_u(bits, 17))
    bits = v128.xor(bits, i32x4.shl(bits, 5))
    const kept = i32x4.ge_s(i32x4.shr_u(bits, 8), least)
    v128.store(a, v128.and(f32x4.mul(v128.load(a), gains), kept))
  }
}

/** softplus(x) = max(x, 0) + log(1 + e^−|x|). With T = tanh(|x|/2), e^−|x| = (1−T)/(1+T), and log is 2·artanh. */
@inline
function softplus(x: v128): v128 {
  const one = f32x4.splat(1)
  const t = tanhOf(f32x4.mul(f32x4.abs(x), f32x4.splat(0.5)))
  const w = f32x4.div(f32x4.sub(one, t), f32x4.add(f32x4.splat(3), t))
  const u = f32x4.mul(w, w)
  let series = f32x4.splat(1.0 / 11)
  series = f32x4.add(f32x4.mul(series, u), f32x4.splat(1.0 / 9))
  series = f32x4.add(f32x4.mul(series, u), f32x4.splat(1.0 / 7))
  series = f32x4.add(f32x4.mul(series, u), f32x4.splat(1.0 / 5))
  series = f32x4.add(f32x4.mul(series, u), f32x4.splat(1.0 / 3))
  series = f32x4.add(f32x4.mul(series, u), one)
  return f32x4.add(f32x4.pmax(f32x4.splat(0), x), f32x4.mul(f32x4.add(w, w), series))
}

/**
 * Gradient by x of the pinball loss of a limit at a distance of softplus(x) from the forecast, which the truth misses
 * by `error` in the limit's direction: the limit has `tail` of the truths beyond it where the loss is least.
 */
@inline
function sideSlope(x: v128, error: v128, tail: v128): v128 {
  const beyond = f32x4.gt(error, softplus(x))
  return f32x4.mul(f32x4.sub(tail, v128.and(beyond, f32x4.splat(1))), sigmoidOf(x))
}

/**
 * Loss of forecasts with an interval: share·(|y − target| + weight·(pinball loss of both limits)), the limits as
 * stopgrad(y) ∓ softplus. A row of `out` has y and what the lower and the upper softplus is taken of, `bytes` each; its
 * gradient goes to `dOut`, which may be `out`. Rows of targets and shares have `bytes`.
 * @returns Σ share·|y − target|
 */
export function intervalError(
  rows: i32,
  bytes: usize,
  out: usize,
  outStride: usize,
  target: usize,
  share: usize,
  tail: f32,
  weight: f32,
  dOut: usize,
): f64 {
  const zero = f32x4.splat(0)
  const signs = i32x4.splat(0x80000000)
  const tails = f32x4.splat(tail)
  const weights = f32x4.splat(weight)
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const lowerAt = bytes + i
      const upperAt = bytes + lowerAt
      const error = f32x4.sub(v128.load(out + i), v128.load(target + i))
      const part = v128.load(share + i)
      const side = f32x4.mul(part, weights)
      const lower = sideSlope(v128.load(out + lowerAt), error, tails)
      const upper = sideSlope(v128.load(out + upperAt), f32x4.neg(error), tails)
      const signed = v128.or(part, v128.and(error, signs))
      v128.store(dOut + i, v128.and(signed, f32x4.ne(error, zero)))
      v128.store(dOut + lowerAt, f32x4.mul(side, lower))
      v128.store(dOut + upperAt, f32x4.mul(side, upper))
      const loss = f32x4.mul(part, f32x4.abs(error))
      low = f64x2.add(low, f64x2.promote_low_f32x4(loss))
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(loss, loss, 2, 3, 2, 3)))
    }
    out += outStride
    dOut += outStride
    target += bytes
    share += bytes
  }
  const sum = f64x2.add(low, high)
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

/** a ← share·a for some columns of some rows. */
export function scaleRows(rows: i32, bytes: usize, a: usize, stride: usize, share: f32): void {
  const shares = f32x4.splat(share)
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(a + i, f32x4.mul(v128.load(a + i), shares))
    a += stride
  }
}
