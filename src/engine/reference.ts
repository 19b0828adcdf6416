import type { Backend, Lanes } from './backend.ts'
import { type CellLayout, type Layout, layout } from './layout.ts'
import type { Model } from './model.ts'
import { directions, type GruSpec, stateSize } from './spec.ts'

/** Real numbers of either precision. */
export type Vector = Float32Array | Float64Array

/** Everything one step of one cell computes, each [hiddenSize]. */
export interface ReferenceStep {
  readonly r: Float64Array
  readonly z: Float64Array
  readonly n: Float64Array
  /** The new state. */
  readonly h: Float64Array
}

/**
 * One step of one cell, x [cell.inputSize] and h [hiddenSize], in float64 and as the equations are written:
 * the oracle of every other backend (Cho et al. 2014, with the variants named in `Cell` and `Update`).
 */
export function referenceStep(
  spec: GruSpec,
  weights: Vector,
  cell: CellLayout,
  x: Vector,
  h: Vector,
): ReferenceStep {
  const H = spec.hiddenSize
  const carried = spec.cell === 'no-carry' ? new Float64Array(H) : h
  const fromInput = affine(weights, cell.W, cell.b, 3 * H, x)
  const fromState = affine(weights, cell.U, cell.c, 3 * H, carried)
  const gate = spec.recurrentActivation === 'sigmoid' ? sigmoid : hardSigmoid
  const r = new Float64Array(H)
  const z = new Float64Array(H)
  for (let i = 0; i < H; i++) {
    r[i] = gate(fromInput[i] + fromState[i])
    z[i] = gate(fromInput[H + i] + fromState[H + i])
  }
  let candidate = fromState.subarray(2 * H)
  if (spec.cell === 'reset-after') {
    candidate = candidate.map((v, i) => r[i] * v)
  } else if (spec.cell === 'reset-before') {
    const c = cell.c < 0 ? -1 : cell.c + 2 * H
    const reset = r.map((v, i) => v * carried[i])
    candidate = affine(weights, cell.U + 2 * H * H, c, H, reset)
  }
  const n = candidate.map((v, i) => Math.tanh(fromInput[2 * H + i] + v))
  const next = n.map((v, i) => {
    const keep = spec.update === 'keep' ? z[i] : 1 - z[i]
    return (1 - keep) * v + keep * carried[i]
  })
  return { r, z, n, h: next }
}

/** The projection of y [directions · hiddenSize] in float64, or y itself without one. */
export function referenceHead(spec: GruSpec, weights: Vector, head: Layout['head'], y: Vector): Vector {
  return head ? affine(weights, head.W, head.b, spec.outputSize, y) : y
}

/** W·x + b, W [rows][x.length] at `matrix` and b at `bias`, or zero where `bias` is negative. */
function affine(weights: Vector, matrix: number, bias: number, rows: number, x: Vector): Float64Array {
  const result = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    let sum = bias < 0 ? 0 : weights[bias + row]
    const start = matrix + row * x.length
    for (let k = 0; k < x.length; k++) sum += weights[start + k] * x[k]
    result[row] = sum
  }
  return result
}

function sigmoid(a: number): number {
  return 1 / (1 + Math.exp(-a))
}

function hardSigmoid(a: number): number {
  return Math.min(Math.max(0.2 * a + 0.5, 0), 1)
}

/** Float64 arithmetic in plain JavaScript, states kept as float32 like every backend's. Slow; for tests and as a last resort. */
export const reference: Backend = { name: 'reference', device: 'cpu:reference', open, project }

function project({ spec, weights }: Model, y: Float32Array): Float32Array {
  const { head } = layout(spec)
  const columns = directions(spec) * spec.hiddenSize
  const out = new Float32Array((y.length / columns) * spec.outputSize)
  for (let row = 0; row < y.length / columns; row++) {
    const projected = referenceHead(spec, weights, head, y.subarray(row * columns, (row + 1) * columns))
    out.set(projected, row * spec.outputSize)
  }
  return out
}

function open(model: Model, lanes: number): Lanes {
  const { spec } = model
  let { weights } = model
  const { cells, head } = layout(spec)
  const H = spec.hiddenSize
  const size = stateSize(spec)
  const width = spec.outputSize || H
  let pool = new Float32Array(lanes * size)

  function run(numbers: ArrayLike<number>, inputs: Float32Array, keep: boolean): Float32Array {
    const out = new Float32Array(numbers.length * width)
    for (let row = 0; row < numbers.length; row++) {
      let x: Vector = inputs.subarray(row * spec.inputSize, (row + 1) * spec.inputSize)
      for (const cell of cells) {
        const start = numbers[row] * size + cell.layer * H
        const state = pool.subarray(start, start + H)
        x = referenceStep(spec, weights, cell, x, state).h
        if (keep) state.set(x)
      }
      out.set(referenceHead(spec, weights, head, x), row * width)
    }
    return out
  }

  return {
    step: (numbers, inputs) => run(numbers, inputs, true),
    ahead: (numbers, inputs) => run(numbers, inputs, false),
    save: (lane) => pool.slice(lane * size, (lane + 1) * size),
    restore: (lane, state) => pool.set(state, lane * size),
    copy: (from, to) => void pool.copyWithin(to * size, from * size, (from + 1) * size),
    grow(count) {
      const grown = new Float32Array(count * size)
      grown.set(pool)
      pool = grown
    },
    renew(other) {
      weights = other.weights
    },
  }
}
