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

/** Σ weight·|y − target|, and its gradient by y: weight·sign(y − target). */
export function absoluteError(count: i32, y: usize, target: usize, weight: usize, dy: usize): f64 {
  const zero = f32x4.splat(0)
  const signs = i32x4.splat(0x80000000)
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  for (const end = y + (<usize>count << 2); y < end; y += 16) {
    const error = f32x4.sub(v128.load(y), v128.load(target))
    const share = v128.load(weight)
    const signed = v128.or(share, v128.and(error, signs))
    v128.store(dy, v128.and(signed, f32x4.ne(error, zero)))
    const loss = f32x4.mul(share, f32x4.abs(error))
    low = f64x2.add(low, f64x2.promote_low_f32x4(loss))
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(loss, loss, 2, 3, 2, 3)))
    target += 16
    weight += 16
    dy += 16
  }
  const sum = f64x2.add(low, high)
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}
