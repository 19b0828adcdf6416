import type { Lanes } from '../backend.ts'
import type { Model } from '../model.ts'
import { LINE, reserve } from './memory.ts'
import { instantiate, type WasmBuild } from './module.ts'
import { cellNumbers, pack, padded } from './pack.ts'

/** Numbers of rows up to which a view of their outputs is kept for the next call with as many. */
const KEPT_VIEWS = 64

/** A pool of states in an instance of its own. */
export function openLanes(build: WasmBuild, model: Model, lanes: number): Lanes {
  const { inputSize, hiddenSize, layers, outputSize, cell, recurrentActivation } = model.spec
  const kernel = instantiate(build)
  const units = padded(hiddenSize, 4)
  const stride = layers * units
  const width = outputSize || hiddenSize

  // Memory, all in values of 4 bytes: weights, scratch, pool, states to look ahead from, lane numbers, inputs, outputs.
  // What comes after the pool holds nothing between calls and moves when the pool or the number of rows grows.
  const packed = pack(model)
  const weights = kernel.begin() / 4
  const scratchEnd = kernel.configure(
    cellNumbers[cell],
    recurrentActivation === 'hard-sigmoid',
    layers,
    inputSize,
    hiddenSize,
    outputSize,
    4 * weights,
    4 * padded(weights + packed.length, LINE),
  )
  const pool = padded((scratchEnd >>> 0) / 4, LINE)
  let rows = 0
  let count = 0
  /** Lanes behind the pool's own, for copies of its states. */
  let spare = 0
  let floats = new Float32Array(0)
  let numbers = new Uint32Array(0)
  let numbersAt = 0
  let inputsAt = 0
  let outputsAt = 0
  let views: Float32Array[] = []
  let last = floats

  /** Memory for so many lanes and rows, and all views of it anew. When there is none, nothing has changed. */
  function place(newCount: number, newRows: number, newSpare: number): void {
    const numbersTo = padded(pool + (newCount + newSpare) * stride, LINE)
    const inputsTo = padded(numbersTo + newRows, LINE)
    const outputsTo = padded(inputsTo + newRows * inputSize, LINE)
    reserve(kernel, outputsTo + newRows * width + LINE, `${newCount} lanes`)
    count = newCount
    rows = newRows
    spare = newSpare
    numbersAt = numbersTo
    inputsAt = inputsTo
    outputsAt = outputsTo
    kernel.place(4 * pool, 4 * numbersAt, 4 * inputsAt, 4 * outputsAt)
    floats = new Float32Array(kernel.memory.buffer)
    numbers = new Uint32Array(kernel.memory.buffer)
    views = []
    last = floats
  }

  function outputs(n: number): Float32Array {
    if (n >= KEPT_VIEWS) {
      if (last.length !== n * width) last = floats.subarray(outputsAt, outputsAt + n * width)
      return last
    }
    views[n] ??= floats.subarray(outputsAt, outputsAt + n * width)
    return views[n]
  }

  function copyState(from: number, to: number): void {
    const start = pool + from * stride
    floats.copyWithin(pool + to * stride, start, start + stride)
  }

  function run(n: number, inputs: Float32Array): Float32Array {
    copy(inputs, floats, inputsAt)
    kernel.step(n)
    return outputs(n)
  }

  place(lanes, 1, 0)
  floats.set(packed, weights)

  return {
    step(lanes, inputs) {
      const n = lanes.length
      if (n > rows) {
        // They may be the outputs of an earlier call, which move.
        inputs = inputs.slice()
        place(count, n, spare)
      }
      for (let i = 0; i < n; i++) numbers[numbersAt + i] = lanes[i]
      return run(n, inputs)
    },
    ahead(lanes, inputs) {
      const n = lanes.length
      if (n > rows || n > spare) {
        inputs = inputs.slice()
        place(count, Math.max(n, rows), Math.max(n, spare))
      }
      for (let i = 0; i < n; i++) {
        copyState(lanes[i], count + i)
        numbers[numbersAt + i] = count + i
      }
      return run(n, inputs)
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
    copy: copyState,
    grow(lanes) {
      const end = pool + count * stride
      const used = floats.length
      place(lanes, rows, spare)
      // What the memory has gained is zero already.
      floats.fill(0, end, Math.min(used, pool + count * stride))
    },
    renew: (other) => floats.set(pack(other), weights),
  }
}

/** Length from which one call that copies all is cheaper than copying here. */
const MANY = 32

function copy(from: Float32Array, to: Float32Array, at: number): void {
  const length = from.length
  if (length >= MANY) to.set(from, at)
  else for (let i = 0; i < length; i++) to[at + i] = from[i]
}
