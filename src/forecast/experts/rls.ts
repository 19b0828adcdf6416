/**
 * Recursive least squares with exponential forgetting (Plackett 1950; Haykin, Adaptive Filter Theory). Plain numbers
 * and arrays, so that it can be saved.
 *
 * Two sets of outputs share the matrix of their inputs: near ones, whose targets are known with the next row, and far
 * ones, whose targets come later. Near ones are learned exactly. A far row is learned late, with the gain that the matrix
 * of by then gives it: its weights fall short by about the share of late rows among those that are remembered, which
 * costs less than a second matrix is worth.
 */
export interface RlsState {
  /** Inverse of the inputs' weighted products [inputs][inputs]. */
  readonly P: Float64Array
  /** Weights [inputs][outputs]. */
  readonly near: Float64Array
  readonly far: Float64Array
  /** Rows learned. */
  count: number
}

/** Rows between two looks at the matrix: rounding makes it lopsided, and inputs that never change let it grow. */
const LOOK = 256
const LARGEST_TRACE = 1e6

/** @param unsure what a filter with nothing learned is unsure of every weight by, squared */
export function startRls(inputs: number, near: number, far: number, unsure: number): RlsState {
  const P = new Float64Array(inputs * inputs)
  for (let i = 0; i < inputs; i++) P[i * inputs + i] = unsure
  return { P, near: new Float64Array(inputs * near), far: new Float64Array(inputs * far), count: 0 }
}

/** Writes the outputs that weights give for the inputs `f`, to the first elements of `out`. */
export function project(weights: Float64Array, f: Float64Array, out: Float64Array): void {
  const outputs = weights.length / f.length
  for (let j = 0; j < outputs; j++) out[j] = 0
  for (let i = 0, at = 0; i < f.length; i++, at += outputs) {
    const v = f[i]
    for (let j = 0; j < outputs; j++) out[j] += v * weights[at + j]
  }
}

/** Writes P·f; returns fᵀ·P·f. */
function weighInputs(P: Float64Array, f: Float64Array, gain: Float64Array): number {
  const n = f.length
  let quadratic = 0
  for (let i = 0, at = 0; i < n; i++, at += n) {
    let sum = 0
    for (let j = 0; j < n; j++) sum += P[at + j] * f[j]
    gain[i] = sum
    quadratic += sum * f[i]
  }
  return quadratic
}

function move(weights: Float64Array, gain: Float64Array, share: number, errors: Float64Array): void {
  const outputs = weights.length / gain.length
  for (let i = 0, at = 0; i < gain.length; i++, at += outputs) {
    const k = gain[i] * share
    for (let j = 0; j < outputs; j++) weights[at + j] += k * errors[j]
  }
}

/**
 * Learns the inputs of the next row, and its near outputs.
 * @param errors targets less what {@link project} says of these inputs; 0 where a target is not known
 * @param forgetting share of the past that stays with each row, 0–1
 * @param gain scratch of as many numbers as inputs
 */
export function learnNear(
  state: RlsState,
  f: Float64Array,
  errors: Float64Array,
  forgetting: number,
  gain: Float64Array,
): void {
  const { P } = state
  const n = f.length
  const share = 1 / (forgetting + weighInputs(P, f, gain))
  move(state.near, gain, share, errors)
  const growth = 1 / forgetting
  for (let i = 0, at = 0; i < n; i++, at += n) {
    const k = gain[i] * share
    for (let j = 0; j < n; j++) P[at + j] = (P[at + j] - k * gain[j]) * growth
  }
  if (++state.count % LOOK === 0) tidy(P, n)
}

/** Learns the far outputs of a row whose inputs have been learned; as {@link learnNear}. */
export function learnFar(state: RlsState, f: Float64Array, errors: Float64Array, gain: Float64Array): void {
  const quadratic = weighInputs(state.P, f, gain)
  // A matrix that holds the row already gives at most 1; rounding must not make it more.
  move(state.far, gain, quadratic > 1 ? 1 / quadratic : 1, errors)
}

/** Makes the matrix symmetric again, and keeps it from growing without end. */
function tidy(P: Float64Array, n: number): void {
  let trace = 0
  for (let i = 0; i < n; i++) trace += P[i * n + i]
  const scale = trace > LARGEST_TRACE ? LARGEST_TRACE / trace : 1
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const mean = (scale * (P[i * n + j] + P[j * n + i])) / 2
      P[i * n + j] = mean
      P[j * n + i] = mean
    }
  }
}
