import { madd } from './math'

/**
 * One part, whose columns lie `step` bytes apart, for three x and three h at the addresses at `xs` and `hs`; their y are
 * `stride` bytes apart. Nine sums are the most that leave registers for what they are made of.
 */
export function tile(
  w: usize,
  step: usize,
  bias: usize,
  xs: usize,
  xBytes: usize,
  hs: usize,
  hBytes: usize,
  y: usize,
  stride: usize,
  plane: usize,
  split: bool,
): void {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let b0 = a0
  let b1 = a1
  let b2 = a2
  let c0 = a0
  let c1 = a1
  let c2 = a2
  let x0 = <usize>load<u32>(xs, 0)
  let x1 = <usize>load<u32>(xs, 4)
  let x2 = <usize>load<u32>(xs, 8)
  for (const end = x0 + xBytes; x0 < end; x0 += 4) {
    const w0 = v128.load(w, 0)
    const w1 = v128.load(w, 16)
    const w2 = v128.load(w, 32)
    let v = v128.load32_splat(x0)
    a0 = madd(v, w0, a0)
    a1 = madd(v, w1, a1)
    a2 = madd(v, w2, a2)
    v = v128.load32_splat(x1)
    b0 = madd(v, w0, b0)
    b1 = madd(v, w1, b1)
    b2 = madd(v, w2, b2)
    v = v128.load32_splat(x2)
    c0 = madd(v, w0, c0)
    c1 = madd(v, w1, c1)
    c2 = madd(v, w2, c2)
    x1 += 4
    x2 += 4
    w += step
  }
  if (split) {
    const apart = y + 3 * plane
    v128.store(apart, a2)
    v128.store(apart + stride, b2)
    v128.store(apart + 2 * stride, c2)
    a2 = v128.load(bias, 48)
    b2 = a2
    c2 = a2
  }
  let h0 = <usize>load<u32>(hs, 0)
  let h1 = <usize>load<u32>(hs, 4)
  let h2 = <usize>load<u32>(hs, 8)
  for (const end = h0 + hBytes; h0 < end; h0 += 4) {
    const w0 = v128.load(w, 0)
    const w1 = v128.load(w, 16)
    const w2 = v128.load(w, 32)
    let v = v128.load32_splat(h0)
    a0 = madd(v, w0, a0)
    a1 = madd(v, w1, a1)
    a2 = madd(v, w2, a2)
    v = v128.load32_splat(h1)
    b0 = madd(v, w0, b0)
    b1 = madd(v, w1, b1)
    b2 = madd(v, w2, b2)
    v = v128.load32_splat(h2)
    c0 = madd(v, w0, c0)
    c1 = madd(v, w1, c1)
    c2 = madd(v, w2, c2)
    h1 += 4
    h2 += 4
    w += step
  }
  const next = split ? plane : 16
  v128.store(y, a0)
  v128.store(y + next, a1)
  v128.store(y + 2 * next, a2)
  y += stride
  v128.store(y, b0)
  v128.store(y + next, b1)
  v128.store(y + 2 * next, b2)
  y += stride
  v128.store(y, c0)
  v128.store(y + next, c1)
  v128.store(y + 2 * next, c2)
}
