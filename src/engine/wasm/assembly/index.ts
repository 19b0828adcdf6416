import { affine } from './affine'
import { hardSigmoidOfFive, madd, sigmoidOfTwice, tanh } from './math'

// Cells, as numbered by pack.ts.
const RESET_AFTER = 0
const RESET_BEFORE = 1
const NO_CARRY = 3

// One instance runs one model. Sizes count float32 values, addresses count bytes.
let cell: i32
/** Whether r and z are hard sigmoids. */
let hardGates: bool
let layers: i32
/** Hidden units padded to 16; the padding of every state stays zero. */
let units: i32
/** Input and hidden size padded to 4. */
let inputColumns: i32
let hiddenColumns: i32
let inputSize: i32
/** Length of the projection padded to 16, 0 without one. */
let outputRows: i32
/** Length of a row of outputs. */
let width: i32
let weights: usize
/** Scratch, one after the other: zeros [units], Wx + b [3·units], Uh + c [3·units], r∘h [units], projection. */
let zeros: usize
let fromInput: usize
let fromState: usize
let resetState: usize
let projection: usize

/** Sizes and addresses of the model; returns the address after the scratch. */
export function configure(
  cellNumber: i32,
  hard: bool,
  layerCount: i32,
  inputs: i32,
  hidden: i32,
  outputs: i32,
  weightsAt: usize,
  scratchAt: usize,
): usize {
  cell = cellNumber
  hardGates = hard
  layers = layerCount
  inputSize = inputs
  units = (hidden + 15) & ~15
  inputColumns = (inputs + 3) & ~3
  hiddenColumns = (hidden + 3) & ~3
  outputRows = (outputs + 15) & ~15
  width = outputs ? outputs : hidden
  weights = weightsAt
  zeros = scratchAt
  fromInput = zeros + (units << 2)
  fromState = fromInput + units * 12
  resetState = fromState + units * 12
  projection = resetState + (units << 2)
  return projection + (outputRows << 2)
}

/**
 * Steps `rows` lanes in order: lane numbers [rows] as u32, inputs [rows, inputSize], outputs [rows, width].
 * Up to three values after the inputs are read (and must be finite), up to three after the outputs are written.
 */
export function step(rows: i32, pool: usize, lanes: usize, inputs: usize, outputs: usize): void {
  const laneBytes = (layers * units) << 2
  for (let row = 0; row < rows; row++) {
    let state = pool + <usize>load<u32>(lanes) * laneBytes
    let w = stepCell(weights, inputs, inputColumns, state)
    for (let layer = 1; layer < layers; layer++) {
      const below = state
      state += units << 2
      w = stepCell(w, below, hiddenColumns, state)
    }
    if (outputRows) {
      affine(w, state, hiddenColumns, outputRows, projection)
      state = projection
    }
    // Whole vectors: what spills over a row's end is overwritten by the next row.
    for (let i = 0; i < width; i += 4) v128.store(outputs + (i << 2), v128.load(state + (i << 2)))
    lanes += 4
    inputs += inputSize << 2
    outputs += width << 2
  }
}

/** One step of one layer: its weights lie at `w`, its state at `h` is replaced. Returns the address after its weights. */
function stepCell(w: usize, x: usize, columns: i32, h: usize): usize {
  const carried = cell == NO_CARRY ? zeros : h
  w = affine(w, x, columns, 3 * units, fromInput)
  if (cell == RESET_BEFORE) {
    w = affine(w, carried, hiddenColumns, 2 * units, fromState)
    reset(carried)
    w = affine(w, resetState, hiddenColumns, units, fromState + (units << 3))
  } else {
    w = affine(w, carried, hiddenColumns, 3 * units, fromState)
  }
  mix(carried, h)
  return w
}

/** r or z from its sum, which packing has scaled. */
// @ts-ignore: decorator
@inline
function gate(a: v128): v128 {
  return hardGates ? hardSigmoidOfFive(a) : sigmoidOfTwice(a)
}

/** r∘h. */
function reset(h: usize): void {
  for (let i: usize = 0, end = <usize>units << 2; i < end; i += 16) {
    const r = gate(f32x4.add(v128.load(fromInput + i), v128.load(fromState + i)))
    v128.store(resetState + i, f32x4.mul(r, v128.load(h + i)))
  }
}

/** The new state n + z∘(h − n), from the sums of all gates. */
function mix(carried: usize, h: usize): void {
  const one = (units << 2) as usize
  const two = one << 1
  for (let i: usize = 0; i < one; i += 16) {
    let candidate = v128.load(fromState + two + i)
    if (cell == RESET_AFTER) {
      const r = gate(f32x4.add(v128.load(fromInput + i), v128.load(fromState + i)))
      candidate = f32x4.mul(r, candidate)
    }
    const z = gate(f32x4.add(v128.load(fromInput + one + i), v128.load(fromState + one + i)))
    const n = tanh(f32x4.add(v128.load(fromInput + two + i), candidate))
    v128.store(h + i, madd(z, f32x4.sub(v128.load(carried + i), n), n))
  }
}
