import { layout } from '../../engine/layout.ts'
import { createModel, type Model } from '../../engine/model.ts'
import { writeFeatures } from '../../learn/segment/features.ts'
import { netLayout } from '../../learn/segment/net.ts'
import type { SegmentSpec } from '../../learn/segment/types.ts'
import type { History } from '../history.ts'
import type { Version } from '../ran.ts'
import type { Pool } from './pool.ts'

/** What a stream brings to a step of the GRU. */
export interface GruStream {
  /** First of the stream's `segment` lanes, one per phase. */
  readonly base: number
  /** Version of the weights under which each phase's state was made; 0 = none. */
  readonly made: Int32Array
  readonly history: History
}

/** One version of the fitted net, ready to step any number of streams. */
export interface GruExpert extends Version {
  readonly version: number
  /**
   * Takes the newest value of `stream.history` into the state of its phase.
   * @param phase index of the newest grid step modulo `segment`
   * @param changes receives ŷ − x_t for each horizon step from `at` on; null where no forecast is wanted
   * @returns nothing when all is done, else what settles then
   */
  step(
    stream: GruStream,
    phase: number,
    scale: number,
    season: number,
    changes: Float32Array | null,
    at: number,
  ): Promise<void> | undefined
  /** Makes room for lanes up to `count`. */
  grow(count: number): void
  /** A lane's state; undefined while the device alone has it. */
  peek(lane: number): Float32Array | undefined
  restore(lane: number, state: Float32Array): void
  /** Settles when every lane's state can be had by `peek`. */
  settle(): Promise<void>
  /** Answers what it was asked, then ends. */
  close(): Promise<void>
}

/** Segments after which the past no longer matters (measured: context 30 is as good as unbounded). */
const REPLAY = 30

/**
 * Takes the packed weights of a segment net, whose states are in the pool that `open` opens.
 * @throws RangeError when a weight is not finite
 */
export function createGruExpert(
  spec: SegmentSpec,
  weights: Float32Array,
  version: number,
  open: (model: Model) => Pool,
): GruExpert {
  const { segment, horizon, hiddenSize } = spec
  const bad = weights.findIndex((w) => !Number.isFinite(w))
  if (bad >= 0) throw new RangeError(`weights must be finite, got ${weights[bad]} at index ${bad}`)
  const net = netLayout(spec)
  const pool = open(createModel(net.gru, weights.slice(0, layout(net.gru).size)))
  const encoderW = Float64Array.from(weights.subarray(net.encoderW, net.encoderB))
  const encoderB = weights.subarray(net.encoderB, net.position)
  const positions = weights.slice(net.position, net.outW)
  const outW = Float64Array.from(weights.subarray(net.outW, net.outB))
  const outB = weights.subarray(net.outB, net.size)
  const features = new Float64Array(net.features)
  const encoded = new Float32Array(hiddenSize)
  const one = [0]
  /** A lane for each block. */
  const blocks = new Array<number>(net.blocks).fill(0)
  /** Of a reading with a forecast: its own step, and those ahead. */
  const rows = 1 + net.blocks

  /** The GRU's inputs of grid step `t`, in `encoded`. */
  const encode = (history: History, t: number, scale: number, season: number): void => {
    writeFeatures(spec, history.values, history.first, t, scale, season, features, 0)
    for (let j = 0; j < hiddenSize; j++) {
      let sum = encoderB[j]
      const row = j * net.features
      for (let i = 0; i < net.features; i++) sum += encoderW[row + i] * features[i]
      encoded[j] = Math.max(sum, 0)
    }
  }

  const decode = (hidden: Float32Array, scale: number, changes: Float32Array, at: number): void => {
    for (let h = 0; h < horizon; h++) {
      const unit = h % segment
      const state = ((h - unit) / segment) * hiddenSize
      let sum = outB[unit]
      for (let j = 0; j < hiddenSize; j++) sum += outW[unit * hiddenSize + j] * hidden[state + j]
      changes[at + h] = scale * sum
    }
  }

  /** A state made under other weights means nothing: makes it anew from the window. */
  const rebuild = (
    lane: number,
    history: History,
    scale: number,
    season: number,
  ): Float32Array | Promise<Float32Array> => {
    const t = history.end - 1
    const steps = 1 + Math.min(REPLAY, Math.floor((t - history.first) / segment))
    const inputs = new Float32Array(steps * hiddenSize)
    for (let i = 0; i < steps; i++) {
      encode(history, t - (steps - 1 - i) * segment, scale, season)
      inputs.set(encoded, i * hiddenSize)
    }
    pool.reset(lane)
    return pool.step(new Array<number>(steps).fill(lane), inputs)
  }

  return {
    version,
    ready: pool.ready,
    get device() {
      return pool.device
    },
    get deviceReason() {
      return pool.reason
    },
    get load() {
      const { batch, microseconds } = pool.load
      return { batch: batch / rows, microseconds: microseconds * rows }
    },
    step({ base, made, history }, phase, scale, season, changes, at) {
      const lane = base + phase
      let stepped: Float32Array | Promise<Float32Array>
      if (made[phase] === version) {
        encode(history, history.end - 1, scale, season)
        one[0] = lane
        stepped = pool.step(one, encoded)
      } else {
        stepped = rebuild(lane, history, scale, season)
        made[phase] = version
      }
      if (!changes) return stepped instanceof Promise ? stepped.then(() => {}) : undefined
      const hidden = pool.ahead(blocks.fill(lane), positions)
      if (hidden instanceof Promise) {
        return Promise.all([hidden, stepped]).then(([ahead]) => decode(ahead, scale, changes, at))
      }
      decode(hidden, scale, changes, at)
      return undefined
    },
    grow(count) {
      if (count > pool.lanes) pool.grow(count)
    },
    peek: pool.peek,
    restore: pool.restore,
    settle: pool.settle,
    close: pool.close,
  }
}
