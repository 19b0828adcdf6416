import { layout } from '../../layout.ts'
import type { GruSpec } from '../../spec.ts'
import type { Buffers, Part, Reader, Store } from './buffers.ts'
import { type Cell, createCell, createHead, type KernelCache, packCell, packHead } from './cell.ts'
import type { Scatter } from './scatter.ts'

/** What pools have in common: one device and all that was made for it. */
export interface Shared {
  readonly device: GPUDevice
  readonly buffers: Buffers
  readonly kernels: KernelCache
  readonly moves: Scatter
  readonly reader: Reader
}

/** A stage of a batch with its numbers; see `Stage` of the protocol. */
export type PoolStage =
  | { readonly kind: 'write'; readonly lanes: Float32Array; readonly states: Float32Array }
  | { readonly kind: 'copy'; readonly from: number; readonly to: number }
  | { readonly kind: 'step'; readonly first: number; readonly rows: number }
  | { readonly kind: 'read'; readonly lanes: Float32Array }

export interface PoolBatch {
  readonly stages: readonly PoolStage[]
  /** [rows, inputSize] */
  readonly inputs: Float32Array
  /** [rows] each, lanes */
  readonly from: Float32Array
  readonly to: Float32Array
}

/** States and weights of one forward GRU on the device. Lane numbers and lengths have been checked by the caller. */
export interface Pool {
  readonly spec: GruSpec
  readonly lanes: number
  /**
   * Carries out all stages; nothing is awaited but the numbers at the end. `take` gets the outputs [rows, width],
   * then the states that were read [lanes, layers, hiddenSize], valid during its call.
   */
  run<T>(batch: PoolBatch, take: (numbers: Float32Array) => T): Promise<T>
  grow(lanes: number): void
  close(): void
}

/** The device refuses to run nothing. */
function hasWork(stage: PoolStage): boolean {
  if (stage.kind === 'copy') return true
  return stage.kind === 'step' ? stage.rows > 0 : stage.lanes.length > 0
}

const statesOf = (lanes: number): string => `states of ${lanes} lanes`

/** States grow by half at least, so that a pool that grows lane by lane is seldom copied. */
const GROWTH = 1.5

interface Layer {
  readonly cell: Cell
  readonly w: Store
  h: Store
}

/** Makes a pool of zero states. */
export function openPool(shared: Shared, spec: GruSpec, weights: Float32Array, initial: number): Pool {
  const { device, buffers, kernels, moves, reader } = shared
  const { inputSize, hiddenSize: H, outputSize } = spec
  const { cells, head } = layout(spec)
  const width = outputSize || H
  const stateWidth = cells.length * H
  // Before anything is made that would have to be given back.
  for (const cell of cells) buffers.check('weights', cell.inputSize + H + 2, 3 * H)
  if (head) buffers.check('weights', H + 1, outputSize)
  buffers.check(statesOf(initial), initial, H)
  let lanes = initial

  const held: Store[] = []
  const filled = (what: string, values: Float32Array, columns: number): Store => {
    const store = buffers.store(what, values.length / columns, columns)
    held.push(store)
    device.queue.writeBuffer(store.buffer, 0, values)
    return store
  }
  const states = (count: number): Store => buffers.store(statesOf(count), count, H)
  const layers: Layer[] = cells.map((place) => ({
    cell: createCell(kernels, spec, place.inputSize, place.layer % 2),
    w: filled('weights', packCell(weights, place, H), 3 * H),
    h: states(lanes),
  }))
  const projection = head && {
    kernel: createHead(kernels, spec),
    w: filled('weights', packHead(weights, head, spec), outputSize),
  }

  const inputs = buffers.growing('inputs', inputSize)
  const from = buffers.growing('rows', 1)
  const to = buffers.growing('rows', 1)
  const tops = buffers.growing('outputs', H)
  const named = buffers.growing('lanes', 1)
  const given = buffers.growing('states', stateWidth)
  const taken = buffers.growing('states', stateWidth)
  const scratch = buffers.store('a state', 1, H)
  held.push(scratch)

  const step = async (first: number, rows: number, { x, f, t, y }: Record<'x' | 'f' | 't' | 'y', Store>) => {
    let below = x.handle
    for (const [index, { cell, w, h }] of layers.entries()) {
      const xFirst = index === 0 ? first : 0
      const next = await cell.step({
        x: below,
        from: f.handle,
        h: h.handle,
        w: w.handle,
        xFirst,
        first,
        rows,
      })
      if (index > 0) below.delete()
      const move = {
        rows: next.buffer,
        lanes: t.buffer,
        states: h.buffer,
        first,
        count: rows,
        width: H,
        stride: H,
        offset: 0,
      }
      const top = index === layers.length - 1
      moves.scatter(move, (encoder) => {
        if (top) encoder.copyBufferToBuffer(next.buffer, 0, y.buffer, 4 * first * H, 4 * rows * H)
      })
      below = next
    }
    below.delete()
  }

  const write = (numbers: Float32Array, values: Float32Array): void => {
    const lane = named.write(numbers).buffer
    const rows = given.write(values).buffer
    for (const [index, { h }] of layers.entries()) {
      const place = { first: 0, count: numbers.length, width: H, stride: stateWidth, offset: index * H }
      moves.scatter({ rows, lanes: lane, states: h.buffer, ...place })
    }
  }

  const read = (numbers: Float32Array, rows: GPUBuffer, at: number): void => {
    const lane = named.write(numbers).buffer
    for (const [index, { h }] of layers.entries()) {
      const offset = at * stateWidth + index * H
      const place = { first: 0, count: numbers.length, width: H, stride: stateWidth, offset }
      moves.gather({ rows, lanes: lane, states: h.buffer, ...place })
    }
  }

  const copy = (source: number, target: number): void => {
    const encoder = device.createCommandEncoder()
    for (const { h } of layers) {
      // A buffer cannot be copied to itself.
      encoder.copyBufferToBuffer(h.buffer, 4 * source * H, scratch.buffer, 0, 4 * H)
      encoder.copyBufferToBuffer(scratch.buffer, 0, h.buffer, 4 * target * H, 4 * H)
    }
    device.queue.submit([encoder.finish()])
  }

  return {
    spec,
    get lanes() {
      return lanes
    },
    async run(batch, take) {
      const rows = batch.from.length
      const [x, f, t] = [inputs.write(batch.inputs), from.write(batch.from), to.write(batch.to)]
      const y = tops.reserve(rows)
      const readLanes = batch.stages.reduce(
        (n, stage) => n + (stage.kind === 'read' ? stage.lanes.length : 0),
        0,
      )
      const result = taken.reserve(readLanes)
      let readSoFar = 0
      for (const stage of batch.stages.filter(hasWork)) {
        if (stage.kind === 'copy') copy(stage.from, stage.to)
        else if (stage.kind === 'step') await step(stage.first, stage.rows, { x, f, t, y })
        else if (stage.kind === 'write') write(stage.lanes, stage.states)
        else {
          read(stage.lanes, result.buffer, readSoFar)
          readSoFar += stage.lanes.length
        }
      }
      const outputs =
        projection && rows > 0
          ? await projection.kernel.project(y.handle, projection.w.handle, rows)
          : undefined
      const parts: Part[] = [
        { buffer: outputs?.buffer ?? y.buffer, length: rows * width },
        { buffer: result.buffer, length: readLanes * stateWidth },
      ]
      try {
        return await reader.read(parts, take)
      } finally {
        outputs?.delete()
      }
    },
    grow(count) {
      for (const layer of layers) {
        if (layer.h.rows >= count) continue
        const roomy = Math.min(Math.ceil(GROWTH * layer.h.rows), buffers.most(H))
        const grown = states(Math.max(count, roomy))
        const encoder = device.createCommandEncoder()
        encoder.copyBufferToBuffer(layer.h.buffer, 0, grown.buffer, 0, layer.h.buffer.size)
        device.queue.submit([encoder.finish()])
        layer.h.handle.delete()
        layer.h = grown
      }
      lanes = count
    },
    close() {
      for (const { cell, h } of layers) {
        cell.release()
        h.handle.delete()
      }
      projection?.kernel.release()
      for (const { handle } of held) handle.delete()
      for (const growing of [inputs, from, to, tops, named, given, taken]) growing.close()
    },
  }
}
