/**
 * Solves A·X = B for a symmetric, positive definite A by Cholesky's decomposition, in float64.
 * @param A [n][n] row-major, of which the lower triangle is read and overwritten
 * @param B [n][m] row-major, overwritten with X
 */
export function solveCholesky(A: Float64Array, B: Float64Array, n: number, m: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = A[i * n + j]
      for (let k = 0; k < j; k++) sum -= A[i * n + k] * A[j * n + k]
      A[i * n + j] = i === j ? Math.sqrt(sum) : sum / A[j * n + j]
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(B, i * m, k * m, m, A[i * n + k])
    for (let c = 0; c < m; c++) B[i * m + c] /= A[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(B, i * m, k * m, m, A[k * n + i])
    for (let c = 0; c < m; c++) B[i * m + c] /= A[i * n + i]
  }
}

/** Takes `share` times one row from another. */
function subtract(B: Float64Array, to: number, from: number, m: number, share: number): void {
  for (let c = 0; c < m; c++) B[to + c] -= share * B[from + c]
}
