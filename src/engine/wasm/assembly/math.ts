/** tanh of four numbers. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  // Beyond ±8 float32 tanh is ±1 to within 3e-7. With the bound first, pmin and pmax turn NaN into the bound, so
  // that an overflow of finite inputs never poisons a state.
  x = f32x4.pmax(f32x4.splat(-8), f32x4.pmin(f32x4.splat(8), x))
  const u = f32x4.mul(x, x)
  // x·P(x²)/Q(x²), minimax on [−8, 8]: largest error 3.75e-7. The result may exceed 1 by one ulp.
  let p = f32x4.splat(1.5230610111251975e-8)
  let q = f32x4.splat(8.522524899978208e-7)
  p = madd(p, u, f32x4.splat(2.1894799492897267e-5))
  q = madd(q, u, f32x4.splat(3.4113056654951215e-4))
  p = madd(p, u, f32x4.splat(3.5716063680758985e-3))
  q = madd(q, u, f32x4.splat(2.616447469120299e-2))
  p = madd(p, u, f32x4.splat(0.13444505010588273))
  q = madd(q, u, f32x4.splat(0.4677783233336151))
  p = madd(p, u, f32x4.splat(1))
  q = madd(q, u, f32x4.splat(1))
  return f32x4.div(f32x4.mul(x, p), q)
}

/** σ(2a) of four numbers a: the weights of r and z are packed halved. */
// @ts-ignore: decorator
@inline
export function sigmoidOfTwice(a: v128): v128 {
  return madd(tanh(a), f32x4.splat(0.5), f32x4.splat(0.5))
}

/** clip(0.2·5a + 0.5, 0, 1) of four numbers a: the weights of r and z are packed multiplied by 0.2. NaN becomes 0. */
// @ts-ignore: decorator
@inline
export function hardSigmoidOfFive(a: v128): v128 {
  const open = f32x4.add(a, f32x4.splat(0.5))
  return f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), open))
}

/** a·b + c, rounded once where the build has fused multiply-add, twice where it has not. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(c, f32x4.mul(a, b))
}
