import { Constant, madd, splat, tanh } from './math'

// The element-wise half of a step, `bytes` of it at a time; exported for the same reason as the loops of panel.ts.

/** a ← σ(2a): the weights of r and z are packed halved. */
export function sigmoids(bytes: usize, a: usize): void {
  const low = splat(Constant.LOW)
  const high = splat(Constant.HIGH)
  const one = splat(Constant.ONE)
  const p1 = splat(Constant.P1)
  const p2 = splat(Constant.P2)
  const p3 = splat(Constant.P3)
  const p4 = splat(Constant.P4)
  const q1 = splat(Constant.Q1)
  const q2 = splat(Constant.Q2)
  const q3 = splat(Constant.Q3)
  const half = splat(Constant.HALF)
  for (const end = a + bytes; a < end; a += 16) {
    v128.store(a, madd(tanh(v128.load(a), low, high, one, p1, p2, p3, p4, q1, q2, q3), half, half))
  }
}

/** a ← clip(a + 0.5, 0, 1): the weights of r and z are packed multiplied by 0.2. NaN becomes 0. */
export function hardSigmoids(bytes: usize, a: usize): void {
  for (const end = a + bytes; a < end; a += 16) {
    const open = f32x4.add(v128.load(a), f32x4.splat(0.5))
    v128.store(a, f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), open)))
  }
}

/** to ← a∘b. */
export function products(bytes: usize, a: usize, b: usize, to: usize): void {
  for (const end = a + bytes; a < end; a += 16) {
    v128.store(to, f32x4.mul(v128.load(a), v128.load(b)))
    b += 16
    to += 16
  }
}

/**
 * h ← carried + z∘(n − carried), the new state, where z is the share of n: exactly the old one at 0.
 *
 * At `sums` lie r, z and the sum of n; with `after`, n's sum from the state, which r multiplies, then that from the input.
 */
export function mix(bytes: usize, after: bool, sums: usize, carried: usize, h: usize): void {
  const low = splat(Constant.LOW)
  const high = splat(Constant.HIGH)
  const one = splat(Constant.ONE)
  const p1 = splat(Constant.P1)
  const p2 = splat(Constant.P2)
  const p3 = splat(Constant.P3)
  const p4 = splat(Constant.P4)
  const q1 = splat(Constant.Q1)
  const q2 = splat(Constant.Q2)
  const q3 = splat(Constant.Q3)
  const zs = sums + bytes
  const ns = zs + bytes
  const apart = ns + bytes
  for (let i: usize = 0; i < bytes; i += 16) {
    let sum = v128.load(ns + i)
    if (after) sum = madd(v128.load(sums + i), sum, v128.load(apart + i))
    const n = tanh(sum, low, high, one, p1, p2, p3, p4, q1, q2, q3)
    const old = v128.load(carried + i)
    v128.store(h + i, madd(v128.load(zs + i), f32x4.sub(n, old), old))
  }
}
