import { madd } from '../../../engine/wasm/assembly/math'
import { transpose } from './panels'

// Matrix products, float32, row-major. Rows come in fours and columns in eights: whoever calls pads with zeros. Sizes
// count values, strides are bytes from one row to the next. The tile is exported so that it stays a function of its
// own: inside other loops V8 unrolls its loop and runs out of vector registers.

/** Bytes of one row of a panel, which has eight columns of a matrix. */
const PANEL: usize = 32
/** Rows taken at a time, so that what is read again and again stays in the nearest cache. */
const BLOCK: i32 = 64

/**
 * c[rows][cols] = s + a[rows][depth] · p, where p holds `cols / 8` panels of `depth` rows; depth is a multiple of 4.
 *
 * `s` is what the sums begin with: c itself adds to it, a stride of 0 begins each row with the same values.
 * `scratch` has room for {@link BLOCK} rows of a, which are put there four by four, value beside value.
 */
export function product(
  rows: i32,
  depth: i32,
  cols: i32,
  a: usize,
  aStride: usize,
  p: usize,
  s: usize,
  sStride: usize,
  c: usize,
  cStride: usize,
  scratch: usize,
): void {
  const panel = <usize>depth * PANEL
  const four = <usize>depth << 4
  for (; rows > 0; rows -= BLOCK) {
    const count = min(BLOCK, rows)
    for (let i = 0; i < count; i += 4) fours(depth, a + i * aStride, aStride, scratch + (i >> 2) * four)
    let from = p
    for (let at: usize = 0; at < <usize>cols << 2; at += PANEL) {
      let quad = scratch
      for (let i = 0; i < count; i += 4) {
        tile(depth, quad, 16, from, PANEL, s + i * sStride + at, sStride, c + i * cStride + at, cStride)
        quad += four
      }
      from += panel
    }
    a += BLOCK * aStride
    s += BLOCK * sStride
    c += BLOCK * cStride
  }
}

/** Four rows of a as `depth` columns of four. */
function fours(depth: i32, a: usize, aStride: usize, to: usize): void {
  for (const end = a + (<usize>depth << 2); a < end; a += 16) {
    transpose(a, aStride, to, 16)
    to += 64
  }
}

/** c[rows][cols] += aᵀ · b for a[depth][rows] and b[depth][cols]: the gradient of weights. */
export function addOuter(
  depth: i32,
  rows: i32,
  cols: i32,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  c: usize,
): void {
  const cStride = <usize>cols << 2
  for (let k = 0; k < depth; k += BLOCK) {
    const count = min(BLOCK, depth - k)
    let to = c
    for (let i: usize = 0; i < <usize>rows << 2; i += 16) {
      for (let j: usize = 0; j < cStride; j += PANEL) {
        const from = b + k * bStride + j
        tile(count, a + k * aStride + i, aStride, from, bStride, to + j, cStride, to + j, cStride)
      }
      to += 4 * cStride
    }
  }
}

/** Four rows and eight columns: c = s + aᵀ · b, of which four and eight columns are read. */
export function tile(
  depth: i32,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  s: usize,
  sStride: usize,
  c: usize,
  cStride: usize,
): void {
  let c00 = v128.load(s)
  let c01 = v128.load(s, 16)
  s += sStride
  let c10 = v128.load(s)
  let c11 = v128.load(s, 16)
  s += sStride
  let c20 = v128.load(s)
  let c21 = v128.load(s, 16)
  s += sStride
  let c30 = v128.load(s)
  let c31 = v128.load(s, 16)
  for (; depth; depth--) {
    const x = v128.load(b)
    const y = v128.load(b, 16)
    let v = v128.load32_splat(a)
    c00 = madd(v, x, c00)
    c01 = madd(v, y, c01)
    v = v128.load32_splat(a, 4)
    c10 = madd(v, x, c10)
    c11 = madd(v, y, c11)
    v = v128.load32_splat(a, 8)
    c20 = madd(v, x, c20)
    c21 = madd(v, y, c21)
    v = v128.load32_splat(a, 12)
    c30 = madd(v, x, c30)
    c31 = madd(v, y, c31)
    a += aStride
    b += bStride
  }
  v128.store(c, c00)
  v128.store(c, c01, 16)
  c += cStride
  v128.store(c, c10)
  v128.store(c, c11, 16)
  c += cStride
  v128.store(c, c20)
  v128.store(c, c21, 16)
  c += cStride
  v128.store(c, c30)
  v128.store(c, c31, 16)
}
