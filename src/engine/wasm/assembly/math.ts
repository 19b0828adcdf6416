/** a·b + c, rounded once where the build has fused multiply-add, twice where it has not. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(c, f32x4.mul(a, b))
}

/** The leading coefficient of Q, by which all are divided to make it 1. */
const LEAD: f64 = 8.522524899978208e-7

// Read once before a loop: V8 makes a vector constant anew, by three instructions, at every turn.
const TABLE = memory.data<f32>([
  8.099609375,
  <f32>(1 / LEAD),
  <f32>(0.13444505010588273 / LEAD),
  <f32>(3.5716063680758985e-3 / LEAD),
  <f32>(2.1894799492897267e-5 / LEAD),
  <f32>(1.5230610111251975e-8 / LEAD),
  <f32>(0.4677783233336151 / LEAD),
  <f32>(2.616447469120299e-2 / LEAD),
  <f32>(3.4113056654951215e-4 / LEAD),
  -8.099609375,
  0.5,
])

/** The bounds of tanh's argument, P and Q by powers of u (both begin with `ONE`), and a half. */
export const enum Constant {
  HIGH,
  ONE,
  P1,
  P2,
  P3,
  P4,
  Q1,
  Q2,
  Q3,
  LOW,
  HALF,
}

/** A constant in all four places. */
@inline
export function splat(constant: Constant): v128 {
  return v128.load32_splat(TABLE + (constant << 2))
}

/**
 * tanh of four numbers by x·P(x²)/Q(x²), minimax on [−8, 8]: largest error 3.5e-7, at most one ulp beyond ±1.
 *
 * At the bounds, found by search, P and Q give ±1 exactly, fused or not, so that a saturated gate is exactly 0 or 1
 * and a state held by it stays as it is. With the bound first, pmin and pmax turn NaN into the bound, so that an
 * overflow of finite inputs never poisons a state.
 */
@inline
export function tanh(
  x: v128,
  low: v128,
  high: v128,
  one: v128,
  p1: v128,
  p2: v128,
  p3: v128,
  p4: v128,
  q1: v128,
  q2: v128,
  q3: v128,
): v128 {
  x = f32x4.pmax(low, f32x4.pmin(high, x))
  const u = f32x4.mul(x, x)
  let p = madd(u, p4, p3)
  let q = f32x4.add(u, q3)
  p = madd(p, u, p2)
  q = madd(q, u, q2)
  p = madd(p, u, p1)
  q = madd(q, u, q1)
  p = madd(p, u, one)
  q = madd(q, u, one)
  return f32x4.div(f32x4.mul(x, p), q)
}
