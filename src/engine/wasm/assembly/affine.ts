import { madd } from './math'

/**
 * y = b + W·x for `rows` rows, a multiple of 16, and `columns` columns, a multiple of 4.
 *
 * At `w` lie b, then W in panels of 48 rows and a rest in panels of 16, each panel column by column, so that the
 * weights are read once, forwards.
 * @returns the address after the weights.
 */
export function affine(w: usize, x: usize, columns: i32, rows: i32, y: usize): usize {
  let bias = w
  w += rows << 2
  for (; rows >= 48; rows -= 48) {
    w = panel48(w, bias, x, columns, y)
    bias += 192
    y += 192
  }
  for (; rows > 0; rows -= 16) {
    w = panel16(w, bias, x, columns, y)
    bias += 64
    y += 64
  }
  return w
}

/** Twelve sums of four rows fill the vector registers of the machines that matter. */
function panel48(w: usize, bias: usize, x: usize, columns: i32, y: usize): usize {
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
  for (const end = x + (columns << 2); x < end; x += 16) {
    let v = v128.load32_splat(x, 0)
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
    v = v128.load32_splat(x, 4)
    a0 = madd(v, v128.load(w, 192), a0)
    a1 = madd(v, v128.load(w, 208), a1)
    a2 = madd(v, v128.load(w, 224), a2)
    a3 = madd(v, v128.load(w, 240), a3)
    a4 = madd(v, v128.load(w, 256), a4)
    a5 = madd(v, v128.load(w, 272), a5)
    a6 = madd(v, v128.load(w, 288), a6)
    a7 = madd(v, v128.load(w, 304), a7)
    a8 = madd(v, v128.load(w, 320), a8)
    a9 = madd(v, v128.load(w, 336), a9)
    a10 = madd(v, v128.load(w, 352), a10)
    a11 = madd(v, v128.load(w, 368), a11)
    v = v128.load32_splat(x, 8)
    a0 = madd(v, v128.load(w, 384), a0)
    a1 = madd(v, v128.load(w, 400), a1)
    a2 = madd(v, v128.load(w, 416), a2)
    a3 = madd(v, v128.load(w, 432), a3)
    a4 = madd(v, v128.load(w, 448), a4)
    a5 = madd(v, v128.load(w, 464), a5)
    a6 = madd(v, v128.load(w, 480), a6)
    a7 = madd(v, v128.load(w, 496), a7)
    a8 = madd(v, v128.load(w, 512), a8)
    a9 = madd(v, v128.load(w, 528), a9)
    a10 = madd(v, v128.load(w, 544), a10)
    a11 = madd(v, v128.load(w, 560), a11)
    v = v128.load32_splat(x, 12)
    a0 = madd(v, v128.load(w, 576), a0)
    a1 = madd(v, v128.load(w, 592), a1)
    a2 = madd(v, v128.load(w, 608), a2)
    a3 = madd(v, v128.load(w, 624), a3)
    a4 = madd(v, v128.load(w, 640), a4)
    a5 = madd(v, v128.load(w, 656), a5)
    a6 = madd(v, v128.load(w, 672), a6)
    a7 = madd(v, v128.load(w, 688), a7)
    a8 = madd(v, v128.load(w, 704), a8)
    a9 = madd(v, v128.load(w, 720), a9)
    a10 = madd(v, v128.load(w, 736), a10)
    a11 = madd(v, v128.load(w, 752), a11)
    w += 768
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

function panel16(w: usize, bias: usize, x: usize, columns: i32, y: usize): usize {
  let a0 = v128.load(bias, 0)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 48)
  for (const end = x + (columns << 2); x < end; x += 4) {
    const v = v128.load32_splat(x)
    a0 = madd(v, v128.load(w, 0), a0)
    a1 = madd(v, v128.load(w, 16), a1)
    a2 = madd(v, v128.load(w, 32), a2)
    a3 = madd(v, v128.load(w, 48), a3)
    w += 64
  }
  v128.store(y, a0, 0)
  v128.store(y, a1, 16)
  v128.store(y, a2, 32)
  v128.store(y, a3, 48)
  return w
}
