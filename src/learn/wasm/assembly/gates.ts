import { Constant, madd, splat, tanh } from '../../../engine/wasm/assembly/math'

// The element-wise half of a GRU step, forward and backward. `bytes` is the size of one gate in a row, strides are
// bytes from one row to the next. Forward leaves n, r, z in `gates`, backward the gradients of their sums. z is the
// share of the old state. Derivatives: d tanh = 1 − n², dσ = r(1 − r).

@inline
export function tanhOf(x: v128): v128 {
  return tanh(
    x,
    splat(Constant.LOW),
    splat(Constant.HIGH),
    splat(Constant.ONE),
    splat(Constant.P1),
    splat(Constant.P2),
    splat(Constant.P3),
    splat(Constant.P4),
    splat(Constant.Q1),
    splat(Constant.Q2),
    splat(Constant.Q3),
  )
}

@inline
export function sigmoidOf(x: v128): v128 {
  const half = splat(Constant.HALF)
  return madd(tanhOf(f32x4.mul(x, half)), half, half)
}

/** a(1 − a) */
@inline
function slope(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), a))
}

/**
 * `reset-after`: from the sums of the input xs = [n, r, z], which may be `gates` itself, and of the state
 * hs = [r, z, n], the new state h′ = n + z(h − n). `gates` becomes [n, r, z, sum of the state for n].
 */
export function mixAfter(
  rows: i32,
  bytes: usize,
  xs: usize,
  xStride: usize,
  hs: usize,
  hsStride: usize,
  gates: usize,
  gStride: usize,
  h: usize,
  hStride: usize,
  out: usize,
  outStride: usize,
): void {
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const ri = bytes + i
      const zi = bytes + ri
      const r = sigmoidOf(f32x4.add(v128.load(xs + ri), v128.load(hs + i)))
      const z = sigmoidOf(f32x4.add(v128.load(xs + zi), v128.load(hs + ri)))
      const e = v128.load(hs + zi)
      const n = tanhOf(madd(r, e, v128.load(xs + i)))
      v128.store(gates + i, n)
      v128.store(gates + ri, r)
      v128.store(gates + zi, z)
      v128.store(gates + zi + bytes, e)
      v128.store(out + i, madd(z, f32x4.sub(v128.load(h + i), n), n))
    }
    xs += xStride
    hs += hsStride
    gates += gStride
    h += hStride
    out += outStride
  }
}

/** Backward of {@link mixAfter} for the gradient `dOut` + `carried`; `dOld`, of the old state as it was mixed in, may be `carried`. */
export function unmixAfter(
  rows: i32,
  bytes: usize,
  gates: usize,
  gStride: usize,
  h: usize,
  hStride: usize,
  dOut: usize,
  dOutStride: usize,
  carried: usize,
  carriedStride: usize,
  dOld: usize,
): void {
  const one = f32x4.splat(1)
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const ri = bytes + i
      const zi = bytes + ri
      const ei = bytes + zi
      const d = f32x4.add(v128.load(dOut + i), v128.load(carried + i))
      const n = v128.load(gates + i)
      const r = v128.load(gates + ri)
      const z = v128.load(gates + zi)
      const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(v128.load(h + i), n)), slope(z))
      const kept = f32x4.mul(d, z)
      const dn = f32x4.mul(f32x4.sub(d, kept), f32x4.sub(one, f32x4.mul(n, n)))
      v128.store(gates + i, dn)
      v128.store(gates + ri, f32x4.mul(f32x4.mul(dn, v128.load(gates + ei)), slope(r)))
      v128.store(gates + zi, dz)
      v128.store(gates + ei, f32x4.mul(dn, r))
      v128.store(dOld + i, kept)
    }
    gates += gStride
    h += hStride
    dOut += dOutStride
    carried += carriedStride
    dOld += bytes
  }
}

/** `reset-before`: r, and r∘h after z, from gates = [n, r, z] and hs = [n, r, z]. */
export function reset(
  rows: i32,
  bytes: usize,
  gates: usize,
  gStride: usize,
  hs: usize,
  hsStride: usize,
  h: usize,
  hStride: usize,
): void {
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const at = gates + bytes + i
      const r = sigmoidOf(f32x4.add(v128.load(at), v128.load(hs + bytes + i)))
      v128.store(at, r)
      v128.store(at + 2 * bytes, f32x4.mul(r, v128.load(h + i)))
    }
    gates += gStride
    hs += hsStride
    h += hStride
  }
}

/** Backward of {@link reset} for `dReset`, the gradient of r∘h: r's, and what it adds to `dOld`. */
export function unreset(
  rows: i32,
  bytes: usize,
  gates: usize,
  gStride: usize,
  dReset: usize,
  h: usize,
  hStride: usize,
  dOld: usize,
): void {
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const at = gates + bytes + i
      const r = v128.load(at)
      const d = v128.load(dReset + i)
      v128.store(at, f32x4.mul(f32x4.mul(d, v128.load(h + i)), slope(r)))
      v128.store(dOld + i, madd(d, r, v128.load(dOld + i)))
    }
    gates += gStride
    dReset += bytes
    h += hStride
    dOld += bytes
  }
}

/** n, z and the new state h′ = n + z(h − n) where no r is left to be done; z lies `zAt` bytes behind n in gates and hs. */
export function mix(
  rows: i32,
  bytes: usize,
  zAt: usize,
  gates: usize,
  gStride: usize,
  hs: usize,
  hsStride: usize,
  h: usize,
  hStride: usize,
  out: usize,
  outStride: usize,
): void {
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const n = tanhOf(f32x4.add(v128.load(gates + i), v128.load(hs + i)))
      const z = sigmoidOf(f32x4.add(v128.load(gates + zAt + i), v128.load(hs + zAt + i)))
      v128.store(gates + i, n)
      v128.store(gates + zAt + i, z)
      v128.store(out + i, madd(z, f32x4.sub(v128.load(h + i), n), n))
    }
    gates += gStride
    hs += hsStride
    h += hStride
    out += outStride
  }
}

/** Backward of {@link mix} for the gradient `dOut` + `dOld`; `dOld` becomes that of the old state as it was mixed in. */
export function unmix(
  rows: i32,
  bytes: usize,
  zAt: usize,
  gates: usize,
  gStride: usize,
  h: usize,
  hStride: usize,
  dOut: usize,
  dOutStride: usize,
  dOld: usize,
): void {
  const one = f32x4.splat(1)
  for (; rows; rows--) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const d = f32x4.add(v128.load(dOut + i), v128.load(dOld + i))
      const n = v128.load(gates + i)
      const z = v128.load(gates + zAt + i)
      const kept = f32x4.mul(d, z)
      v128.store(gates + zAt + i, f32x4.mul(f32x4.mul(d, f32x4.sub(v128.load(h + i), n)), slope(z)))
      v128.store(gates + i, f32x4.mul(f32x4.sub(d, kept), f32x4.sub(one, f32x4.mul(n, n))))
      v128.store(dOld + i, kept)
    }
    gates += gStride
    h += hStride
    dOut += dOutStride
    dOld += bytes
  }
}
