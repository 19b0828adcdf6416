/** The NumPy GRU as one would write it in JavaScript: float64 numbers in arrays of arrays. */
export function open({ inputSize, hiddenSize }, weights) {
  const gate = (vector, g) => [...vector.subarray(g * hiddenSize, (g + 1) * hiddenSize)]
  const matrix = (vector, columns, g) =>
    Array.from({ length: hiddenSize }, (_, i) => {
      const row = g * hiddenSize + i
      return [...vector.subarray(row * columns, (row + 1) * columns)]
    })
  const [Wr, Wz, Wn] = [0, 1, 2].map((g) => matrix(weights.wi, inputSize, g))
  const [Ur, Uz, Un] = [0, 1, 2].map((g) => matrix(weights.wh, hiddenSize, g))
  const [br, bz, bn] = [0, 1, 2].map((g) => gate(weights.bi, g))
  const [cr, cz, cn] = [0, 1, 2].map((g) => gate(weights.bh, g))
  let h = new Array(hiddenSize).fill(0)

  return {
    name: 'naive JS',
    step(x) {
      const r = add(dot(Wr, x), br, dot(Ur, h), cr).map(sigmoid)
      const z = add(dot(Wz, x), bz, dot(Uz, h), cz).map(sigmoid)
      const n = add(dot(Wn, x), bn, multiply(r, add(dot(Un, h), cn))).map(Math.tanh)
      h = h.map((value, i) => (1 - z[i]) * n[i] + z[i] * value)
      return h
    },
  }
}

const dot = (matrix, vector) =>
  matrix.map((row) => row.reduce((sum, weight, i) => sum + weight * vector[i], 0))
const add = (first, ...others) => others.reduce((sum, other) => sum.map((v, i) => v + other[i]), first)
const multiply = (a, b) => a.map((value, i) => value * b[i])
const sigmoid = (a) => 1 / (1 + Math.exp(-a))
