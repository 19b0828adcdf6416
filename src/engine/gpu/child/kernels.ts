import type { GruSpec } from '../../spec.ts'

// Sources of the kernels, in the part of JavaScript that gpu.js compiles. Rows of a result [width, height, depth] run
// through y and z, because a dimension holds no more than 65,535 groups of 8. Loops end at constants: those that end
// at an argument stop at 1,000.
//
// Weights of a layer are [I + H + 2][3H]: a row for each input, each state, the input biases and the recurrent biases;
// columns are the gates r, z, n. Row i of the result takes its inputs from row `xFirst + i` of `x`, and its state from
// row `from[first + i]` of `h`.

/** Far beyond it an exponential is a rounding error beside 1; no infinity ever arises. */
const LARGEST_EXPONENT = 40

const exp = (a: string): string =>
  `Math.exp(Math.min(Math.max(${a}, -${LARGEST_EXPONENT}.0), ${LARGEST_EXPONENT}.0))`
const sigmoid = (a: string): string => `1 / (1 + ${exp(`-(${a})`)})`
const hardSigmoid = (a: string): string => `Math.min(Math.max(0.2 * (${a}) + 0.5, 0.0), 1.0)`
/** Math.tanh is NaN from 89 upwards on some GPUs. */
const tanh = (a: string): string => `2 / (1 + ${exp(`-2 * (${a})`)}) - 1`

const ROW = 'this.thread.y + this.output.y * this.thread.z'
const PLACES = `
  const row = ${ROW};
  const b = row + xFirst;
  const s = from[row + first];
  const I = this.constants.I;
  const H = this.constants.H;
  const B = this.constants.I + this.constants.H;`

/** Sums over the inputs, then over the state: `body` reads v, and w's row `k` of that part. */
const overInputs = (body: string): string => `
  for (let i = 0; i < this.constants.I; i++) { const v = x[b][i]; const k = i; ${body} }`
const overStates = (body: string): string => `
  for (let i = 0; i < this.constants.H; i++) { const v = h[s][i]; const k = this.constants.I + i; ${body} }`

/** What a step of one layer is made of. */
export interface CellSources {
  /** (x, from, h, w, xFirst, first) → [2H]: r∘h, then z. Only where the reset gate comes before the product. */
  readonly gates: string | null
  /** (x, from, h, w, xFirst, first) → the new state [H]; where there are gates, (x, q, from, …) with their result q. */
  readonly state: string
}

/** The kernels of the specification's equations; see `referenceStep` for these as they are written. */
export function cellSources(spec: Pick<GruSpec, 'cell' | 'update' | 'recurrentActivation'>): CellSources {
  const gate = spec.recurrentActivation === 'sigmoid' ? sigmoid : hardSigmoid
  const carried = spec.cell !== 'no-carry'
  const h = carried ? 'h[s][j]' : '0.0'
  const mixed = spec.update === 'keep' ? `(1 - z) * n + z * ${h}` : `(1 - z) * ${h} + z * n`
  const finish = `
  return ${mixed}; }`
  if (spec.cell === 'reset-before') return { gates: gates(gate), state: resetBefore(finish) }
  const reset = spec.cell === 'reset-after'
  const r = reset ? 'ar += v * w[k][j];' : ''
  const state = `function (x, from, h, w, xFirst, first) {${PLACES}
  const j = this.thread.x;
  ${reset ? 'let ar = w[B][j] + w[B + 1][j];' : ''}
  let az = w[B][H + j] + w[B + 1][H + j];
  let an = w[B][2 * H + j];
  let hn = w[B + 1][2 * H + j];
  ${overInputs(`${r} az += v * w[k][H + j]; an += v * w[k][2 * H + j];`)}
  ${carried ? overStates(`${r} az += v * w[k][H + j]; hn += v * w[k][2 * H + j];`) : ''}
  ${reset ? `const r = ${gate('ar')};` : ''}
  const z = ${gate('az')};
  const n = ${tanh(reset ? 'an + r * hn' : 'an + hn')};${finish}`
  return { gates: null, state }
}

function gates(gate: (a: string) => string): string {
  return `function (x, from, h, w, xFirst, first) {${PLACES}
  const c = this.thread.x;
  let a = w[B][c] + w[B + 1][c];
  ${overInputs('a += v * w[k][c];')}
  ${overStates('a += v * w[k][c];')}
  const g = ${gate('a')};
  if (c < H) { return g * h[s][c]; }
  return g; }`
}

function resetBefore(finish: string): string {
  return `function (x, q, from, h, w, xFirst, first) {${PLACES}
  const j = this.thread.x;
  let an = w[B][2 * H + j] + w[B + 1][2 * H + j];
  ${overInputs('an += v * w[k][2 * H + j];')}
  for (let i = 0; i < this.constants.H; i++) { an += q[row][i] * w[I + i][2 * H + j]; }
  const z = q[row][H + j];
  const n = ${tanh('an')};${finish}`
}

/** (y, w) → the projection [O] of row i of y [rows][H]; w is [H + 1][O], the biases last. */
export const HEAD_SOURCE: string = `function (y, w) {
  const row = ${ROW};
  const o = this.thread.x;
  let a = w[this.constants.H][o];
  for (let k = 0; k < this.constants.H; k++) { a += y[row][k] * w[k][o]; }
  return a; }`
