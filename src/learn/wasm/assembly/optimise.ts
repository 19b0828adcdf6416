// Optimisers over `count` weights, a multiple of 4, in PyTorch's forms.

/** Σg², in float64. */
export function sumOfSquares(count: i32, g: usize): f64 {
  let sum = f64x2.splat(0)
  for (const end = g + (<usize>count << 2); g < end; g += 8) {
    const v = f64x2.promote_low_f32x4(v128.load64_zero(g))
    sum = f64x2.add(sum, f64x2.mul(v, v))
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

/** g ← share·g. */
export function scale(count: i32, g: usize, share: f32): void {
  const shares = f32x4.splat(share)
  for (const end = g + (<usize>count << 2); g < end; g += 16) v128.store(g, f32x4.mul(v128.load(g), shares))
}

/** m ← m + (1−β₁)(g − m), v ← β₂v + (1−β₂)g², w ← w − size·m / (√v/root + ε). */
export function adam(
  count: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  beta1Rest: f32,
  beta2: f32,
  beta2Rest: f32,
  size: f32,
  root: f32,
  epsilon: f32,
): void {
  const gain = f32x4.splat(beta1Rest)
  const keep = f32x4.splat(beta2)
  const rest = f32x4.splat(beta2Rest)
  const sizes = f32x4.splat(size)
  const roots = f32x4.splat(root)
  const epsilons = f32x4.splat(epsilon)
  for (const end = w + (<usize>count << 2); w < end; w += 16) {
    const d = v128.load(g)
    const old = v128.load(m)
    const mean = f32x4.add(old, f32x4.mul(gain, f32x4.sub(d, old)))
    const square = f32x4.add(f32x4.mul(keep, v128.load(v)), f32x4.mul(rest, f32x4.mul(d, d)))
    v128.store(m, mean)
    v128.store(v, square)
    const spread = f32x4.add(f32x4.div(f32x4.sqrt(square), roots), epsilons)
    v128.store(w, f32x4.sub(v128.load(w), f32x4.div(f32x4.mul(sizes, mean), spread)))
    g += 16
    m += 16
    v += 16
  }
}

/** m ← μm + g, w ← w − rate·m; plain gradient descent where μ is 0. */
export function descend(count: i32, w: usize, g: usize, m: usize, momentum: f32, rate: f32): void {
  const keep = f32x4.splat(momentum)
  const rates = f32x4.splat(rate)
  for (const end = w + (<usize>count << 2); w < end; w += 16) {
    const speed = f32x4.add(f32x4.mul(keep, v128.load(m)), v128.load(g))
    v128.store(m, speed)
    v128.store(w, f32x4.sub(v128.load(w), f32x4.mul(rates, speed)))
    g += 16
    m += 16
  }
}

/** v ← αv + (1−α)g², w ← w − rate·g / (√v + ε). */
export function rmsprop(
  count: i32,
  w: usize,
  g: usize,
  v: usize,
  alpha: f32,
  alphaRest: f32,
  rate: f32,
  epsilon: f32,
): void {
  const keep = f32x4.splat(alpha)
  const rest = f32x4.splat(alphaRest)
  const rates = f32x4.splat(rate)
  const epsilons = f32x4.splat(epsilon)
  for (const end = w + (<usize>count << 2); w < end; w += 16) {
    const d = v128.load(g)
    const square = f32x4.add(f32x4.mul(keep, v128.load(v)), f32x4.mul(rest, f32x4.mul(d, d)))
    v128.store(v, square)
    const step = f32x4.div(f32x4.mul(rates, d), f32x4.add(f32x4.sqrt(square), epsilons))
    v128.store(w, f32x4.sub(v128.load(w), step))
    g += 16
    v += 16
  }
}
