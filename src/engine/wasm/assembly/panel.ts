import { madd } from './math'

// The innermost loops. They are exported so that they stay functions of their own: a short loop inside other loops is
// unrolled by V8, which then runs out of vector registers and takes twice as long.

/** Bytes of one column of a part: 12 rows. */
export const PART: usize = 48

/**
 * y = b + W·x for a panel of four parts, x from `x` to `end`: twelve sums of four rows.
 * @returns the address after the weights.
 */
export function panel4(w: usize, bias: usize, x: usize, end: usize, y: usize): usize {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 48)
  let a4 = v128.load(bias, 64)
  let a5 = v128.load(bias, 80)
  let a6 = v128.load(bias, 96)
  let a7 = v128.load(bias, 112)
  let a8 = v128.load(bias, 128)
  let a9 = v128.load(bias, 144)
  let a10 = v128.load(bias, 160)
  let a11 = v128.load(bias, 176)
  for (; x < end; x += 4) {
    const v = v128.load32_splat(x)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    a3 = madd(v, v128.load(w, 48), a3)
    a4 = madd(v, v128.load(w, 64), a4)
    a5 = madd(v, v128.load(w, 80), a5)
    a6 = madd(v, v128.load(w, 96), a6)
    a7 = madd(v, v128.load(w, 112), a7)
    a8 = madd(v, v128.load(w, 128), a8)
    a9 = madd(v, v128.load(w, 144), a9)
    a10 = madd(v, v128.load(w, 160), a10)
    a11 = madd(v, v128.load(w, 176), a11)
    w += 4 * PART
  }
  v128.store(y, a0, 0)
  v128.store(y, a1, 16)
  v128.store(y, a2, 32)
  v128.store(y, a3, 48)
  v128.store(y, a4, 64)
  v128.store(y, a5, 80)
  v128.store(y, a6, 96)
  v128.store(y, a7, 112)
  v128.store(y, a8, 128)
  v128.store(y, a9, 144)
  v128.store(y, a10, 160)
  v128.store(y, a11, 176)
  return w
}

/** As {@link panel4} for two parts. */
export function panel2(w: usize, bias: usize, x: usize, end: usize, y: usize): usize {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 48)
  let a4 = v128.load(bias, 64)
  let a5 = v128.load(bias, 80)
  for (; x < end; x += 4) {
    const v = v128.load32_splat(x)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    a3 = madd(v, v128.load(w, 48), a3)
    a4 = madd(v, v128.load(w, 64), a4)
    a5 = madd(v, v128.load(w, 80), a5)
    w += 2 * PART
  }
  v128.store(y, a0, 0)
  v128.store(y, a1, 16)
  v128.store(y, a2, 32)
  v128.store(y, a3, 48)
  v128.store(y, a4, 64)
  v128.store(y, a5, 80)
  return w
}

/** As {@link panel4} for one part. */
export function panel1(w: usize, bias: usize, x: usize, end: usize, y: usize): usize {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  for (; x < end; x += 4) {
    const v = v128.load32_splat(x)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    w += PART
  }
  v128.store(y, a0, 0)
  v128.store(y, a1, 16)
  v128.store(y, a2, 32)
  return w
}

/**
 * One part, whose columns lie `step` bytes apart, for three x of `length` bytes at the three addresses at `xs`, and
 * their y, `stride` bytes apart: nine sums, the most that leave registers for what they are made of.
 */
export function tile(
  w: usize,
  step: usize,
  bias: usize,
  xs: usize,
  length: usize,
  y: usize,
  stride: usize,
): void {
  let x0 = <usize>load<u32>(xs, 0)
  let x1 = <usize>load<u32>(xs, 4)
  let x2 = <usize>load<u32>(xs, 8)
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let b0 = a0
  let b1 = a1
  let b2 = a2
  let c0 = a0
  let c1 = a1
  let c2 = a2
  for (const end = x0 + length; x0 < end; x0 += 4) {
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
  v128.store(y, a0, 0)
  v128.store(y, a1, 16)
  v128.store(y, a2, 32)
  y += stride
  v128.store(y, b0, 0)
  v128.store(y, b1, 16)
  v128.store(y, b2, 32)
  y += stride
  v128.store(y, c0, 0)
  v128.store(y, c1, 16)
  v128.store(y, c2, 32)
}
