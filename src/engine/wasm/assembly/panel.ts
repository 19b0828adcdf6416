import { madd } from './math'

// The innermost loops. They are exported so that they stay functions of their own: a short loop inside other loops is
// unrolled by V8, which then runs out of vector registers and takes twice as long.
//
// A part is twelve rows of y = b + W·x + U·h. With `split` they are four each of the gates r, z and n, and what n has
// of the input is kept apart from what it has of the state, which begins with a bias of its own; y is four planes of
// `plane` bytes: r, z, n of the state, n of the input. Without, rows and y are in their natural order.

/** Bytes of one column of a part. */
export const PART: usize = 48
/** Bytes of a part's biases: of its rows, then n's own for the state. */
export const BIASES: usize = 64

/**
 * A panel of four parts, x from `x` to `xEnd`, h from `h` to `hEnd`: twelve sums of four rows.
 * @returns the address after the weights.
 */
export function panel4(
  w: usize,
  bias: usize,
  x: usize,
  xEnd: usize,
  h: usize,
  hEnd: usize,
  y: usize,
  plane: usize,
  split: bool,
): usize {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 64)
  let a4 = v128.load(bias, 80)
  let a5 = v128.load(bias, 96)
  let a6 = v128.load(bias, 128)
  let a7 = v128.load(bias, 144)
  let a8 = v128.load(bias, 160)
  let a9 = v128.load(bias, 192)
  let a10 = v128.load(bias, 208)
  let a11 = v128.load(bias, 224)
  for (; x < xEnd; x += 4) {
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
  if (split) {
    const apart = y + 3 * plane
    v128.store(apart, a2, 0)
    v128.store(apart, a5, 16)
    v128.store(apart, a8, 32)
    v128.store(apart, a11, 48)
    a2 = v128.load(bias, 48)
    a5 = v128.load(bias, 112)
    a8 = v128.load(bias, 176)
    a11 = v128.load(bias, 240)
  }
  for (; h < hEnd; h += 4) {
    const v = v128.load32_splat(h)
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
  if (split) {
    v128.store(y, a0, 0)
    v128.store(y, a3, 16)
    v128.store(y, a6, 32)
    v128.store(y, a9, 48)
    y += plane
    v128.store(y, a1, 0)
    v128.store(y, a4, 16)
    v128.store(y, a7, 32)
    v128.store(y, a10, 48)
    y += plane
    v128.store(y, a2, 0)
    v128.store(y, a5, 16)
    v128.store(y, a8, 32)
    v128.store(y, a11, 48)
  } else {
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
  }
  return w
}

/** As {@link panel4} for two parts. */
export function panel2(
  w: usize,
  bias: usize,
  x: usize,
  xEnd: usize,
  h: usize,
  hEnd: usize,
  y: usize,
  plane: usize,
  split: bool,
): usize {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 64)
  let a4 = v128.load(bias, 80)
  let a5 = v128.load(bias, 96)
  for (; x < xEnd; x += 4) {
    const v = v128.load32_splat(x)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    a3 = madd(v, v128.load(w, 48), a3)
    a4 = madd(v, v128.load(w, 64), a4)
    a5 = madd(v, v128.load(w, 80), a5)
    w += 2 * PART
  }
  if (split) {
    const apart = y + 3 * plane
    v128.store(apart, a2, 0)
    v128.store(apart, a5, 16)
    a2 = v128.load(bias, 48)
    a5 = v128.load(bias, 112)
  }
  for (; h < hEnd; h += 4) {
    const v = v128.load32_splat(h)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    a3 = madd(v, v128.load(w, 48), a3)
    a4 = madd(v, v128.load(w, 64), a4)
    a5 = madd(v, v128.load(w, 80), a5)
    w += 2 * PART
  }
  if (split) {
    v128.store(y, a0, 0)
    v128.store(y, a3, 16)
    y += plane
    v128.store(y, a1, 0)
    v128.store(y, a4, 16)
    y += plane
    v128.store(y, a2, 0)
    v128.store(y, a5, 16)
  } else {
    v128.store(y, a0, 0)
    v128.store(y, a1, 16)
    v128.store(y, a2, 32)
    v128.store(y, a3, 48)
    v128.store(y, a4, 64)
    v128.store(y, a5, 80)
  }
  return w
}

/** As {@link panel4} for one part. */
export function panel1(
  w: usize,
  bias: usize,
  x: usize,
  xEnd: usize,
  h: usize,
  hEnd: usize,
  y: usize,
  plane: usize,
  split: bool,
): usize {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  for (; x < xEnd; x += 4) {
    const v = v128.load32_splat(x)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    w += PART
  }
  if (split) {
    const apart = y + 3 * plane
    v128.store(apart, a2, 0)
    a2 = v128.load(bias, 48)
  }
  for (; h < hEnd; h += 4) {
    const v = v128.load32_splat(h)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    w += PART
  }
  if (split) {
    v128.store(y, a0, 0)
    y += plane
    v128.store(y, a1, 0)
    y += plane
    v128.store(y, a2, 0)
  } else {
    v128.store(y, a0, 0)
    v128.store(y, a1, 16)
    v128.store(y, a2, 32)
  }
  return w
}
