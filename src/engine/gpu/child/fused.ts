import { layout } from '../../layout.ts'
import type { GruSpec } from '../../spec.ts'
import { FUSED_STEPS } from '../protocol.ts'
import { packCell, planes } from './cell.ts'
import type { GpuJs, Kernel, Pipeline } from './gpujs.ts'
import { guarded } from './guard.ts'
import { cellSources } from './kernels.ts'
import { openPool, type Pool, type Shared } from './pool.ts'

/** A pipeline takes half a second to build. */
const KEPT = 4
/** Numbers that one submit brings back. */
const MOST_NUMBERS = 2 ** 24

/** Runs long stretches of one layer. */
export interface Sequences {
  /**
   * States after every step [time, batch, hiddenSize], handed to `take` piece by piece in order, each valid during its
   * call. The arguments are those of the protocol's `sequence`.
   */
  run(stretch: Stretch, take: (states: Float32Array) => void): Promise<void>
  close(): Promise<void>
}

export interface Stretch {
  readonly spec: GruSpec
  readonly weights: Float32Array
  readonly batch: number
  readonly time: number
  /** [time, batch, inputSize] */
  readonly x: Float32Array
  /** [batch, hiddenSize] */
  readonly h0: Float32Array
}

/**
 * Chunks of 32 steps are one submit and one read-back each, in a pipeline of gpu.js that is kept by its shape. The last
 * may have fewer: it runs on for nothing, which costs less than a pool. Stretches for which there is no pipeline and
 * that are too short to build one, and batches whose states would not fit, are steps of a pool.
 */
export function createSequences(js: GpuJs, shared: Shared): Sequences {
  const chunks = new Map<string, Chunk>()

  /** Does `work` with the pipeline of a shape. One that fails, which it may do half built, is closed and forgotten. */
  const inChunk = async (
    spec: GruSpec,
    batch: number,
    work: (chunk: Chunk) => Promise<void>,
  ): Promise<void> => {
    const key = keyOf(spec, batch)
    const found = chunks.get(key) ?? createChunk(js, spec, batch)
    // The one longest unused makes room.
    chunks.delete(key)
    chunks.set(key, found)
    for (const [oldest, { close }] of chunks) {
      if (chunks.size <= KEPT) break
      chunks.delete(oldest)
      await close()
    }
    try {
      await guarded(shared.device, () => work(found))
    } catch (error) {
      chunks.delete(key)
      // What it says then follows from the first error.
      await found.close().catch(() => {})
      throw error
    }
  }

  return {
    async run({ spec, weights, batch, time, x, h0 }, take) {
      const { inputSize: I, hiddenSize: H } = spec
      const fits = FUSED_STEPS * batch * Math.max(I, H) <= MOST_NUMBERS
      if (time === 0) return
      if (fits && (time >= FUSED_STEPS || chunks.has(keyOf(spec, batch)))) {
        const w = packCell(weights, layout(spec).cells[0], H)
        const size = FUSED_STEPS * batch * I
        return inChunk(spec, batch, async ({ run }) => {
          let h = h0
          for (let t = 0; t < time; t += FUSED_STEPS) {
            const steps = await run(padded(x.subarray(t * batch * I, t * batch * I + size), size), h, w)
            for (const states of steps.slice(0, time - t)) take(states)
            h = steps[FUSED_STEPS - 1]
          }
        })
      }
      const pool = openPool(shared, spec, weights, batch)
      try {
        await runPool(pool, batch, time, x, h0, take)
      } finally {
        pool.close()
      }
    },
    async close() {
      for (const { close } of chunks.values()) await close()
    },
  }
}

function keyOf({ inputSize, hiddenSize, cell, update, recurrentActivation }: GruSpec, batch: number): string {
  return [inputSize, hiddenSize, batch, cell, update, recurrentActivation].join()
}

/** With zeros at its end. */
function padded(values: Float32Array, size: number): Float32Array {
  if (values.length === size) return values
  const all = new Float32Array(size)
  all.set(values)
  return all
}

interface Chunk {
  /** The states [batch, hiddenSize] after each of the steps over x [32, batch, inputSize]. */
  run(x: Float32Array, h: Float32Array, w: Float32Array): Promise<readonly Float32Array[]>
  close(): Promise<void>
}

function createChunk(js: GpuJs, spec: GruSpec, batch: number): Chunk {
  const { inputSize: I, hiddenSize: H } = spec
  const { gates, state } = cellSources(spec)
  const kernel = (source: string, width: number): Kernel => js.kernel(source, { I, H }, planes(width, batch))
  const [first, last] = [gates === null ? undefined : kernel(gates, 2 * H), kernel(state, H)]
  const pipeline: Pipeline = js.pipeline((x, from, h, w) => {
    // What a kernel gives here stands for its result.
    const states: object[] = []
    for (let t = 0; t < FUSED_STEPS; t++) {
      const previous: object = states.at(-1) ?? h
      const q: object | undefined = first?.(x, from, previous, w, t * batch, 0)
      states.push(q ? last(x, q, from, previous, w, t * batch, 0) : last(x, from, previous, w, t * batch, 0))
    }
    return states
  })
  const from = js.upload(
    Float32Array.from({ length: batch }, (_, row) => row),
    1,
  )
  return {
    async run(x, h, w) {
      const steps = await pipeline(js.upload(x, I), from, js.upload(h, H), js.upload(w, 3 * H))
      // Rows are views of what was read back, one after another.
      return steps.map((step) => new Float32Array(step[0][0].buffer as ArrayBuffer, 0, batch * H))
    },
    async close() {
      await pipeline.destroy()
      first?.destroy()
      last.destroy()
    },
  }
}

async function runPool(
  pool: Pool,
  batch: number,
  time: number,
  x: Float32Array,
  h: Float32Array,
  take: (states: Float32Array) => void,
): Promise<void> {
  const { inputSize: I, hiddenSize: H } = pool.spec
  const lanes = Float32Array.from({ length: batch }, (_, lane) => lane)
  const none = new Float32Array(0)
  const write = { kind: 'write', lanes, states: h } as const
  await pool.run({ stages: [write], inputs: none, from: none, to: none }, () => {})
  const most = Math.max(1, Math.floor(MOST_NUMBERS / batch / Math.max(I, H)))
  for (let t = 0; t < time; t += most) {
    const steps = Math.min(most, time - t)
    const all = Float32Array.from({ length: steps * batch }, (_, row) => row % batch)
    const stages = Array.from({ length: steps }, (_, step) => ({
      kind: 'step' as const,
      first: step * batch,
      rows: batch,
    }))
    const inputs = x.subarray(t * batch * I, (t + steps) * batch * I)
    await pool.run({ stages, inputs, from: all, to: all }, take)
  }
}
