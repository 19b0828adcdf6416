/** A matrix inside a larger array: element (i, j) lies at `offset + i · rowStride + j · colStride`. */
export interface Matrix {
  readonly data: Float64Array
  readonly offset: number
  readonly rowStride: number
  readonly colStride: number
}

/** Elements of the shared dimension taken at once, so that a panel of both factors stays in the L1 cache. */
const PANEL = 64

/** A row-major matrix of `cols` columns, beginning at `offset` of `data`. */
export function rowMajor(data: Float64Array, cols: number, offset = 0): Matrix {
  return { data, offset, rowStride: cols, colStride: 1 }
}

/** The same elements, rows and columns exchanged. */
export function transposed({ data, offset, rowStride, colStride }: Matrix): Matrix {
  return { data, offset, rowStride: colStride, colStride: rowStride }
}

/**
 * y[rows][cols] += x[rows][inner] · w[inner][cols], float64.
 *
 * V8 does not vectorise: what counts is loads per multiplication, hence tiles of 4 × 2 sums held in registers.
 */
export function addProduct(y: Matrix, x: Matrix, w: Matrix, rows: number, inner: number, cols: number): void {
  for (let from = 0; from < inner; from += PANEL) {
    addPanel(y, x, w, rows, from, Math.min(PANEL, inner - from), cols)
  }
}

function addPanel(
  y: Matrix,
  x: Matrix,
  w: Matrix,
  rows: number,
  from: number,
  depth: number,
  cols: number,
): void {
  const { data: Y, rowStride: yr, colStride: yc } = y
  const { data: X, rowStride: xr, colStride: xk } = x
  const { data: W, rowStride: wk, colStride: wc } = w
  const evenRows = rows - (rows % 4)
  const evenCols = cols - (cols % 2)
  for (let row = 0; row < evenRows; row += 4) {
    for (let col = 0; col < evenCols; col += 2) {
      let x0 = x.offset + row * xr + from * xk
      let x1 = x0 + xr
      let x2 = x1 + xr
      let x3 = x2 + xr
      let w0 = w.offset + col * wc + from * wk
      let w1 = w0 + wc
      let a0 = 0
      let a1 = 0
      let b0 = 0
      let b1 = 0
      let c0 = 0
      let c1 = 0
      let d0 = 0
      let d1 = 0
      for (let k = 0; k < depth; k++) {
        const u = W[w0]
        const v = W[w1]
        const a = X[x0]
        const b = X[x1]
        const c = X[x2]
        const d = X[x3]
        a0 += a * u
        a1 += a * v
        b0 += b * u
        b1 += b * v
        c0 += c * u
        c1 += c * v
        d0 += d * u
        d1 += d * v
        w0 += wk
        w1 += wk
        x0 += xk
        x1 += xk
        x2 += xk
        x3 += xk
      }
      let at = y.offset + row * yr + col * yc
      Y[at] += a0
      Y[at + yc] += a1
      at += yr
      Y[at] += b0
      Y[at + yc] += b1
      at += yr
      Y[at] += c0
      Y[at + yc] += c1
      at += yr
      Y[at] += d0
      Y[at + yc] += d1
    }
  }
  if (evenCols < cols) addEdge(y, x, w, 0, evenRows, from, depth, evenCols, cols)
  if (evenRows < rows) addEdge(y, x, w, evenRows, rows, from, depth, 0, cols)
}

/** The rows and columns that fill no tile. */
function addEdge(
  y: Matrix,
  x: Matrix,
  w: Matrix,
  row0: number,
  row1: number,
  from: number,
  depth: number,
  col0: number,
  col1: number,
): void {
  const { data: Y, rowStride: yr, colStride: yc } = y
  const { data: X, rowStride: xr, colStride: xk } = x
  const { data: W, rowStride: wk, colStride: wc } = w
  for (let row = row0; row < row1; row++) {
    for (let col = col0; col < col1; col++) {
      let xi = x.offset + row * xr + from * xk
      let wi = w.offset + col * wc + from * wk
      let sum = 0
      for (let k = 0; k < depth; k++, xi += xk, wi += wk) sum += X[xi] * W[wi]
      Y[y.offset + row * yr + col * yc] += sum
    }
  }
}

/** sums[j] += Σ over rows of d[row][j], for j < cols: the gradient of a bias. `sums` is a row. */
export function addColumnSums(sums: Matrix, d: Matrix, rows: number, cols: number): void {
  const { data: S, offset } = sums
  for (let row = 0; row < rows; row++) {
    const from = d.offset + row * d.rowStride
    for (let col = 0; col < cols; col++) S[offset + col] += d.data[from + col * d.colStride]
  }
}
