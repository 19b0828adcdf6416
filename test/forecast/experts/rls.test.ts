import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../src/engine/random.ts'
import { learnFar, learnNear, project, type RlsState, startRls } from '../../../src/forecast/experts/rls.ts'

const UNSURE = 0.05

/** Solves A·X = B by Cholesky for a positive definite A [n][n] and B [n][m]; the oracle of the filters. */
function solve(A: readonly number[][], B: readonly number[][]): number[][] {
  const n = A.length
  const L = A.map(() => new Array<number>(n).fill(0))
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = A[i][j]
      for (let k = 0; k < j; k++) sum -= L[i][k] * L[j][k]
      L[i][j] = i === j ? Math.sqrt(sum) : sum / L[j][j]
    }
  }
  const X = B.map((row) => [...row])
  for (let m = 0; m < B[0].length; m++) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) X[i][m] -= L[i][k] * X[k][m]
      X[i][m] /= L[i][i]
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) X[i][m] -= L[k][i] * X[k][m]
      X[i][m] /= L[i][i]
    }
  }
  return X
}

/** Weights of the least squares over all rows, each row counting `forgetting` times as much as the one after it. */
function ridge(
  inputs: readonly Float64Array[],
  targets: readonly Float64Array[],
  forgetting: number,
): number[][] {
  const n = inputs[0].length
  const m = targets[0].length
  // A start that is unsure by UNSURE is a penalty of its inverse, which is forgotten like a row.
  const start = forgetting ** inputs.length / UNSURE
  const A = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? start : 0)))
  const B = Array.from({ length: n }, () => new Array<number>(m).fill(0))
  for (const [t, f] of inputs.entries()) {
    const weight = forgetting ** (inputs.length - 1 - t)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) A[i][j] += weight * f[i] * f[j]
      for (let k = 0; k < m; k++) B[i][k] += weight * f[i] * targets[t][k]
    }
  }
  return solve(A, B)
}

/** Inputs, and targets that are a linear function of them with noise. */
function rows(
  count: number,
  inputs: number,
  outputs: number,
  noise: number,
  seed: number,
): { readonly F: Float64Array[]; readonly Y: Float64Array[] } {
  const random = createRandom(seed)
  const truth = Array.from({ length: inputs * outputs }, () => random.normal())
  const F = Array.from({ length: count }, () => Float64Array.from({ length: inputs }, () => random.normal()))
  const Y = F.map((f) =>
    Float64Array.from({ length: outputs }, (_, j) => {
      let sum = noise * random.normal()
      for (let i = 0; i < inputs; i++) sum += f[i] * truth[i * outputs + j]
      return sum
    }),
  )
  return { F, Y }
}

const errorsOf = (weights: Float64Array, f: Float64Array, y: Float64Array): Float64Array => {
  const errors = new Float64Array(y.length)
  project(weights, f, errors)
  return errors.map((said, j) => y[j] - said)
}

/** Learns all rows; far targets come `late` rows after their inputs. */
function learnAll(
  state: RlsState,
  F: Float64Array[],
  Y: Float64Array[],
  forgetting: number,
  late: number,
): void {
  const gain = new Float64Array(F[0].length)
  for (let t = 0; t < F.length + late; t++) {
    if (t < F.length) learnNear(state, F[t], errorsOf(state.near, F[t], Y[t]), forgetting, gain)
    const then = t - late
    if (then >= 0) learnFar(state, F[then], errorsOf(state.far, F[then], Y[then]), gain)
  }
}

/** Largest distance of weights [inputs][outputs] from those of the oracle. */
function apart(weights: Float64Array, expected: readonly number[][]): number {
  return Math.max(
    ...expected.flatMap((row, i) => row.map((w, j) => Math.abs(w - weights[i * row.length + j]))),
  )
}

describe('recursive least squares', () => {
  it('are ridge regression on weighted rows: near outputs exactly', () => {
    const shape = fc.record({
      count: fc.integer({ min: 1, max: 200 }),
      inputs: fc.integer({ min: 1, max: 12 }),
      outputs: fc.integer({ min: 1, max: 4 }),
      forgetting: fc.constantFrom(0.98, 0.999, 0.9999, 1),
      seed: fc.nat(1e6),
    })
    fc.assert(
      fc.property(shape, ({ count, inputs, outputs, forgetting, seed }) => {
        const { F, Y } = rows(count, inputs, outputs, 0.3, seed)
        const state = startRls(inputs, outputs, outputs, UNSURE)
        learnAll(state, F, Y, forgetting, 0)
        const expected = ridge(F, Y, forgetting)
        assert.ok(apart(state.near, expected) < 1e-8)
        // What comes at once is learned exactly as well.
        assert.ok(apart(state.far, expected) < 1e-8)
      }),
    )
  })

  it('bring far outputs close to it: as if some of the rows had said nothing, as many as targets are late', () => {
    const count = 3000
    for (const [late, forgetting] of [
      [1, 0.999],
      [24, 0.999],
      [96, 0.9999],
    ]) {
      const { F, Y } = rows(count, 9, 3, 0.3, late)
      const state = startRls(9, 3, 3, UNSURE)
      learnAll(state, F, Y, forgetting, late)
      const expected = ridge(F, Y, forgetting)
      const remembered = Math.min(count, 1 / (1 - forgetting))
      const largest = Math.max(...expected.flat().map(Math.abs))
      const distance = apart(state.far, expected)
      assert.ok(distance < (1.5 * late * largest) / remembered, `${distance} apart when ${late} rows late`)
    }
  })

  it('stay finite and bounded over 20,000 rows whose inputs never change, and learn again when they do', () => {
    const inputs = 10
    const forgetting = 0.99
    const state = startRls(inputs, 1, 2, UNSURE)
    const same = new Float64Array(inputs).fill(1)
    const gain = new Float64Array(inputs)
    const trace = (): number => same.reduce((sum, _, i) => sum + state.P[i * inputs + i], 0)
    for (let t = 0; t < 20_000; t++) {
      learnNear(state, same, errorsOf(state.near, same, Float64Array.of(3)), forgetting, gain)
      learnFar(state, same, errorsOf(state.far, same, Float64Array.of(3, -2)), gain)
      // Between two looks, 256 rows apart, it grows by no more than what is forgotten.
      assert.ok(trace() <= 1e6 / forgetting ** 256)
    }
    for (const part of [state.P, state.near, state.far]) assert.ok(part.every(Number.isFinite))
    assert.ok(Math.abs(errorsOf(state.near, same, Float64Array.of(3))[0]) < 1e-9)
    const { F, Y } = rows(3000, inputs, 2, 0, 4)
    const first = Y.map((y) => y.subarray(0, 1))
    for (const [t, f] of F.entries()) {
      learnNear(state, f, errorsOf(state.near, f, first[t]), forgetting, gain)
      learnFar(state, f, errorsOf(state.far, f, Y[t]), gain)
    }
    const probe = F[0]
    assert.ok(Math.abs(errorsOf(state.near, probe, first[0])[0]) < 1e-6)
    assert.ok(errorsOf(state.far, probe, Y[0]).every((error) => Math.abs(error) < 1e-3))
  })

  it('keep a matrix that is symmetric and has no negative direction, for inputs of very different sizes', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom(0.999, 0.9999), (seed, forgetting) => {
        const inputs = 6
        const state = startRls(inputs, 1, 1, UNSURE)
        const random = createRandom(seed)
        const gain = new Float64Array(inputs)
        for (let t = 0; t < 256 * 8; t++) {
          const f = Float64Array.from({ length: inputs }, (_, i) => 10 ** (1 - i) * random.normal())
          learnNear(state, f, Float64Array.of(random.normal()), forgetting, gain)
        }
        for (let i = 0; i < inputs; i++) {
          for (let j = 0; j < inputs; j++) assert.equal(state.P[i * inputs + j], state.P[j * inputs + i])
        }
        for (let i = 0; i < 20; i++) {
          const f = Float64Array.from({ length: inputs }, () => random.normal())
          let quadratic = 0
          for (let a = 0; a < inputs; a++) {
            for (let b = 0; b < inputs; b++) quadratic += f[a] * state.P[a * inputs + b] * f[b]
          }
          assert.ok(quadratic > 0)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('learn nothing from a target that is not known', () => {
    const { F } = rows(50, 4, 1, 0, 1)
    const state = startRls(4, 1, 1, UNSURE)
    const gain = new Float64Array(4)
    for (const f of F) {
      learnNear(state, f, Float64Array.of(0), 0.999, gain)
      learnFar(state, f, Float64Array.of(0), gain)
    }
    assert.ok([...state.near, ...state.far].every((w) => w === 0))
  })
})
