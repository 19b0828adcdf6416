// What the products need beside the products: weights as panels, and sums of columns.

/** Panels of wᵀ for w[rows][cols]: each of eight rows of w, side by side. */
export function packTransposed(rows: i32, cols: i32, w: usize, to: usize): void {
  const stride = <usize>cols << 2
  for (let row = 0; row < rows; row += 8) {
    const end = w + stride
    for (; w < end; w += 16) {
      transpose(w, stride, to, 32)
      transpose(w + 4 * stride, stride, to + 16, 32)
      to += 128
    }
    w += 7 * stride
  }
}

/** Four rows of four values, as columns. */
@inline
export function transpose(from: usize, stride: usize, to: usize, toStride: usize): void {
  const a = v128.load(from)
  const b = v128.load(from + stride)
  const c = v128.load(from + 2 * stride)
  const d = v128.load(from + 3 * stride)
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
  v128.store(to + toStride, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
  v128.store(to + 2 * toStride, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5))
  v128.store(to + 3 * toStride, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7))
}

/** Panels of w[rows][cols]: each of eight columns of w. */
export function pack(rows: i32, cols: i32, w: usize, to: usize): void {
  const stride = <usize>cols << 2
  for (const end = w + stride; w < end; w += 32) {
    let from = w
    for (let row = 0; row < rows; row++) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
      from += stride
      to += 32
    }
  }
}

/** sums[cols] += Σ over the rows of d[rows][cols]: the gradient of a bias. */
export function addColumnSums(rows: i32, cols: i32, d: usize, stride: usize, sums: usize): void {
  for (const end = sums + (<usize>cols << 2); sums < end; sums += 32) {
    let low = v128.load(sums)
    let high = v128.load(sums, 16)
    let from = d
    for (let row = 0; row < rows; row++) {
      low = f32x4.add(low, v128.load(from))
      high = f32x4.add(high, v128.load(from, 16))
      from += stride
    }
    v128.store(sums, low)
    v128.store(sums, high, 16)
    d += 32
  }
}

/** to += from, both `count` values. */
export function add(count: i32, from: usize, to: usize): void {
  for (const end = from + (<usize>count << 2); from < end; from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)))
    to += 16
  }
}
