import type { Backend, Lanes } from '../backend.ts'
import type { Model } from '../model.ts'
import { kernels } from './kernels.wasm.ts'
import { cellNumbers, pack, padded } from './pack.ts'

/** What assembly/index.ts exports; addresses in bytes. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  configure(
    cell: number,
    hard: boolean,
    layers: number,
    inputSize: number,
    hiddenSize: number,
    outputSize: number,
    weights: number,
    scratch: number,
  ): number
  step(rows: number, pool: number, lanes: number, inputs: number, outputs: number): void
}

// The part of the WebAssembly interface used here; TypeScript has it only among the browser's types.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: unknown }
}

const PAGE = 65_536
const MAX_BYTES = 65_536 * PAGE
/** Values after inputs and outputs that a kernel's last vector may touch, and cache line alignment. */
const SLACK = 16

let module: object | undefined

/** 128-bit SIMD kernels in float32, one WebAssembly instance a pool. The default. */
export const wasm: Backend = { name: 'wasm', device: 'cpu:wasm', open }

function open(model: Model, lanes: number): Lanes {
  const { inputSize, hiddenSize, layers, outputSize, cell, recurrentActivation } = model.spec
  module ??= new WebAssembly.Module(Uint8Array.from(atob(kernels), (c) => c.charCodeAt(0)))
  const kernel = new WebAssembly.Instance(module).exports as Kernels
  const units = padded(hiddenSize, 16)
  const stride = layers * units
  const width = outputSize || hiddenSize

  // Memory, all in values of 4 bytes: weights, scratch, pool, lane numbers, inputs, outputs. What comes after the
  // pool holds nothing between calls and moves when the pool or the number of rows grows.
  const packed = pack(model)
  const weights = SLACK
  const scratch = weights + packed.length
  const hard = recurrentActivation === 'hard-sigmoid'
  const configured = kernel.configure(
    cellNumbers[cell],
    hard,
    layers,
    inputSize,
    hiddenSize,
    outputSize,
    4 * weights,
    4 * scratch,
  )
  const pool = configured / 4
  let rows = 1
  let count = lanes
  let floats = new Float32Array(0)
  let numbers = new Uint32Array(0)
  let numbersAt = 0
  let inputsAt = 0
  let outputsAt = 0
  let out = floats

  /** Memory for all of `count` lanes and `rows` rows; growing memory detaches every view, so all are made anew. */
  function place(): void {
    numbersAt = padded(pool + count * stride, SLACK)
    inputsAt = padded(numbersAt + rows, SLACK)
    outputsAt = padded(inputsAt + rows * inputSize + SLACK, SLACK)
    const bytes = 4 * (outputsAt + rows * width + SLACK)
    if (bytes > MAX_BYTES) {
      throw new RangeError(`${count} lanes need ${Math.ceil(bytes / 2 ** 20)} MiB of memory, more than 4096`)
    }
    const missing = bytes - kernel.memory.buffer.byteLength
    if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE))
    floats = new Float32Array(kernel.memory.buffer)
    numbers = new Uint32Array(kernel.memory.buffer)
    out = floats.subarray(outputsAt, outputsAt)
  }

  place()
  floats.set(packed, weights)

  return {
    step(lanes, inputs) {
      const n = lanes.length
      if (n > rows) {
        rows = n
        place()
      }
      for (let i = 0; i < n; i++) numbers[numbersAt + i] = lanes[i]
      floats.set(inputs, inputsAt)
      // The last row's padding meets weights of zero, and must not be what makes 0 · x anything but 0.
      floats.fill(0, inputsAt + inputs.length, inputsAt + inputs.length + 3)
      kernel.step(n, 4 * pool, 4 * numbersAt, 4 * inputsAt, 4 * outputsAt)
      if (out.length !== n * width) out = floats.subarray(outputsAt, outputsAt + n * width)
      return out
    },
    save(lane) {
      const state = new Float32Array(layers * hiddenSize)
      const start = pool + lane * stride
      for (let layer = 0; layer < layers; layer++) {
        const from = start + layer * units
        state.set(floats.subarray(from, from + hiddenSize), layer * hiddenSize)
      }
      return state
    },
    restore(lane, state) {
      const start = pool + lane * stride
      for (let layer = 0; layer < layers; layer++) {
        const from = layer * hiddenSize
        floats.set(state.subarray(from, from + hiddenSize), start + layer * units)
      }
    },
    copy(from, to) {
      const start = pool + from * stride
      floats.copyWithin(pool + to * stride, start, start + stride)
    },
    grow(lanes) {
      const end = pool + count * stride
      count = lanes
      place()
      floats.fill(0, end, pool + count * stride)
    },
  }
}
