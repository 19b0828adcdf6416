import { affine, shape } from './affine'
import { hardSigmoids, mix, products, sigmoids } from './gates'

export { hardSigmoids, mix, products, sigmoids } from './gates'
export { panel1, panel2, panel4 } from './panel'
export { tile } from './tile'

// Cells, as numbered by pack.ts.
const RESET_AFTER = 0
const RESET_BEFORE = 1
const NO_CARRY = 3
/** Rows stepped together: enough to use weights often while they are near, few enough that their sums are near too. */
const BLOCK = 12
/** Bytes that rows of sums have beyond their planes, because rows are computed twelve at a time. */
const SPILL = 32

// One instance runs one model. Sizes count float32 values, addresses count bytes.
let cell: i32
/** Whether r and z are hard sigmoids. */
let hardGates: bool
let layers: i32
/** Hidden units; in states padded to a multiple of 4 by zeros. */
let hiddenSize: i32
let units: i32
let inputSize: i32
/** Parts of twelve rows: of one gate, of two, of the projection. */
let parts1: i32
let parts2: i32
let outputParts: i32
/** Length of a row of outputs. */
let width: i32
let weights: usize
/** Scratch for a block, one after the other: addresses of inputs, of states and of r∘h [BLOCK] … */
let inputsOf: usize
let statesOf: usize
let resetsOf: usize
/** … zeros [units], sums [BLOCK][stride], of each row r, z, n and n of the input [units], and r∘h [BLOCK][units]. */
let zeros: usize
let sums: usize
let resets: usize
/** Bytes from one row of sums to the next; the projection is put there as well. */
let stride: usize
let pool: usize
let laneNumbers: usize
let inputs: usize
let outputs: usize

/** The first address that holds no constant, aligned to a cache line. */
export function begin(): usize {
  return (__heap_base + 63) & ~63
}

/** Sizes and addresses of the model; returns the address after the scratch. */
export function configure(
  cellNumber: i32,
  hard: bool,
  layerCount: i32,
  inputCount: i32,
  hidden: i32,
  outputCount: i32,
  weightsAt: usize,
  scratchAt: usize,
): usize {
  cell = cellNumber
  hardGates = hard
  layers = layerCount
  inputSize = inputCount
  hiddenSize = hidden
  units = (hidden + 3) & ~3
  parts1 = (units + 11) / 12
  parts2 = (2 * units + 11) / 12
  outputParts = (outputCount + 11) / 12
  width = outputCount ? outputCount : hidden
  weights = weightsAt
  stride = max(units << 4, outputParts * 48) + SPILL
  shape(units << 2, stride)
  inputsOf = scratchAt
  statesOf = inputsOf + (BLOCK << 2)
  resetsOf = statesOf + (BLOCK << 2)
  zeros = (resetsOf + (BLOCK << 2) + 63) & ~63
  sums = zeros + (units << 2)
  resets = sums + BLOCK * stride
  return resets + (BLOCK << 2) * units
}

/** Where states [lanes][layers][units], lane numbers [rows] as u32, inputs [rows, inputSize] and outputs are. */
export function place(poolAt: usize, lanesAt: usize, inputsAt: usize, outputsAt: usize): void {
  pool = poolAt
  laneNumbers = lanesAt
  inputs = inputsAt
  outputs = outputsAt
}

/** Steps `rows` lanes in order and writes the outputs [rows, width], and up to three values after them. */
export function step(rows: i32): void {
  let lanes = laneNumbers
  let x = inputs
  let y = outputs
  while (rows > 0) {
    const count = distinct(lanes, min(rows, BLOCK))
    stepBlock(count, lanes, x, y)
    rows -= count
    lanes += count << 2
    x += (count * inputSize) << 2
    y += (count * width) << 2
  }
}

/** Projects `rows` inputs of `columns` values by the weights, and writes what `step` writes. */
export function project(rows: i32, columns: i32): void {
  let x = inputs
  let y = outputs
  for (; rows > 0; rows -= BLOCK) {
    const count = min(rows, BLOCK)
    for (let i = 0; i < count; i++) {
      store<u32>(inputsOf + (i << 2), x)
      x += columns << 2
    }
    projectBlock(weights, inputsOf, count, columns, y)
    y += (count * width) << 2
  }
}

/** How many of `most` lanes come before one that is named a second time and needs the result of the first. */
function distinct(lanes: usize, most: i32): i32 {
  for (let i = 1; i < most; i++) {
    const lane = load<u32>(lanes + (i << 2))
    for (let j = 0; j < i; j++) if (load<u32>(lanes + (j << 2)) == lane) return i
  }
  return most
}

function stepBlock(count: i32, lanes: usize, x: usize, y: usize): void {
  const laneBytes = (layers * units) << 2
  for (let i = 0; i < count; i++) {
    store<u32>(inputsOf + (i << 2), x + ((i * inputSize) << 2))
    store<u32>(statesOf + (i << 2), pool + load<u32>(lanes + (i << 2)) * laneBytes)
  }
  let w = stepCells(weights, count, inputSize)
  for (let layer = 1; layer < layers; layer++) {
    for (let i = 0; i < count; i++) {
      const below = load<u32>(statesOf + (i << 2))
      store<u32>(inputsOf + (i << 2), below)
      store<u32>(statesOf + (i << 2), below + (units << 2))
    }
    w = stepCells(w, count, hiddenSize)
  }
  if (outputParts) projectBlock(w, statesOf, count, hiddenSize, y)
  else for (let i = 0; i < count; i++) copyRow(load<u32>(statesOf + (i << 2)), y + i * (width << 2))
}

function projectBlock(w: usize, xs: usize, count: i32, columns: i32, y: usize): void {
  affine(w, xs, columns, xs, 0, count, outputParts, false, sums)
  for (let i = 0; i < count; i++) copyRow(sums + i * stride, y + i * (width << 2))
}

/** Whole vectors: what spills over a row's end is overwritten by the next row. */
function copyRow(from: usize, to: usize): void {
  for (const end = to + (width << 2); to < end; to += 16) {
    v128.store(to, v128.load(from))
    from += 16
  }
}

/** One layer of a block: its weights lie at `w`, its states are replaced. Returns the address after its weights. */
function stepCells(w: usize, count: i32, columns: i32): usize {
  const plane = <usize>units << 2
  if (cell == RESET_AFTER) {
    w = affine(w, inputsOf, columns, statesOf, hiddenSize, count, units >> 2, true, sums)
    gateAll(count, sums, 2 * plane)
  } else if (cell == RESET_BEFORE) {
    w = affine(w, inputsOf, columns, statesOf, hiddenSize, count, parts2, false, sums)
    gateAll(count, sums, 2 * plane)
    for (let i = 0; i < count; i++) {
      const to = resets + i * plane
      store<u32>(resetsOf + (i << 2), to)
      products(plane, sums + i * stride, load<u32>(statesOf + (i << 2)), to)
    }
    w = affine(w, inputsOf, columns, resetsOf, hiddenSize, count, parts1, false, sums + 2 * plane)
  } else {
    const stateColumns = cell == NO_CARRY ? 0 : hiddenSize
    w = affine(w, inputsOf, columns, statesOf, stateColumns, count, parts2, false, sums + plane)
    gateAll(count, sums + plane, plane)
  }
  for (let i = 0; i < count; i++) {
    const h = <usize>load<u32>(statesOf + (i << 2))
    mix(plane, cell == RESET_AFTER, sums + i * stride, cell == NO_CARRY ? zeros : h, h)
  }
  return w
}

/** The gates of a block, in place of their sums. */
function gateAll(count: i32, at: usize, bytes: usize): void {
  for (let i = 0; i < count; i++) {
    if (hardGates) hardSigmoids(bytes, at)
    else sigmoids(bytes, at)
    at += stride
  }
}
