import { layout } from '../layout.ts'
import { type GruSpec, stateSize } from '../spec.ts'
import { MOST_ROWS } from './protocol.ts'

export interface Shape {
  readonly lanes: number
  readonly inputSize: number
  /** Values of one state. */
  readonly stateSize: number
  /** Values of one row of outputs. */
  readonly width: number
}

/** How large a batch may be; one row is in any batch. */
export interface Limits {
  readonly rows: number
  /** Values of 4 bytes that go in and out. */
  readonly values: number
  readonly levels: number
  readonly copies: number
}

/** So much is done well within a request's deadline, also by a GPU in software. */
const REQUEST_FLOP = 5e8
/** 32 MiB; containers often have 64 MiB of shared memory. */
const REQUEST_VALUES = 2 ** 23
/** Kernels and passes of one request, at some 50 µs each. */
const REQUEST_LAUNCHES = 2048

export function shapeOf(spec: GruSpec, lanes: number): Shape {
  const { inputSize, hiddenSize, outputSize } = spec
  return { lanes, inputSize, stateSize: stateSize(spec), width: outputSize || hiddenSize }
}

/** Floating point operations of one step of one row, without the activations. */
export function flopOf(spec: GruSpec): number {
  const { hiddenSize: H, outputSize } = spec
  return layout(spec).cells.reduce((sum, cell) => sum + 6 * H * (cell.inputSize + H), 2 * H * outputSize)
}

/** How much of a model's work goes into one request. */
export function limitsOf(spec: GruSpec): Limits {
  return {
    rows: Math.min(MOST_ROWS, Math.max(1, Math.floor(REQUEST_FLOP / flopOf(spec)))),
    values: REQUEST_VALUES,
    levels: Math.floor(REQUEST_LAUNCHES / (4 * spec.layers + 4)),
    copies: REQUEST_LAUNCHES,
  }
}
