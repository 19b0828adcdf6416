import { layout } from '../../engine/layout.ts'
import { createModel } from '../../engine/model.ts'
import { createStepper } from '../../engine/stepper.ts'
import { writeFeatures } from '../../learn/segment/features.ts'
import { netLayout } from '../../learn/segment/net.ts'
import type { SegmentSpec } from '../../learn/segment/types.ts'
import type { History } from '../history.ts'

/** What a stream brings to a step of the GRU. */
export interface GruStream {
  /** First of the stream's `segment` lanes, one per phase. */
  readonly base: number
  /** Version of the weights under which each phase's state was made; 0 = none. */
  readonly made: Int32Array
  readonly history: History
}

/** One version of the fitted net, ready to step any number of streams. */
export interface GruExpert {
  readonly version: number
  readonly device: string
  /**
   * Takes the newest value of `stream.history` into the state of its phase.
   * @param phase index of the newest grid step modulo `segment`
   * @param changes receives ŷ − x_t for each horizon step from `at` on; null where no forecast is wanted
   */
  step(
    stream: GruStream,
    phase: number,
    scale: number,
    season: number,
    changes: Float32Array | null,
    at: number,
  ): void
  /** Makes room for lanes up to `count`. */
  grow(count: number): void
  save(lane: number): Float32Array
  restore(lane: number, state: Float32Array): void
  close(): void
}

/** Segments after which the past no longer matters (measured: context 30 is as good as unbounded). */
const REPLAY = 30

/**
 * Opens the packed weights of a segment net; lanes 0..blocks−1 are the decoder's own (see {@link firstLane}).
 * @throws RangeError when a weight is not finite
 */
export function createGruExpert(
  spec: SegmentSpec,
  weights: Float32Array,
  version: number,
  lanes: number,
): GruExpert {
  const { segment, horizon, hiddenSize } = spec
  const bad = weights.findIndex((w) => !Number.isFinite(w))
  if (bad >= 0) throw new RangeError(`weights must be finite, got ${weights[bad]} at index ${bad}`)
  const net = netLayout(spec)
  const model = createModel(net.gru, weights.slice(0, layout(net.gru).size))
  const stepper = createStepper(model, { lanes })
  const encoderW = Float64Array.from(weights.subarray(net.encoderW, net.encoderB))
  const encoderB = weights.subarray(net.encoderB, net.position)
  const positions = weights.slice(net.position, net.outW)
  const outW = Float64Array.from(weights.subarray(net.outW, net.outB))
  const outB = weights.subarray(net.outB, net.size)
  const features = new Float64Array(net.features)
  const encoded = new Float32Array(hiddenSize)
  const scratch = Array.from({ length: net.blocks }, (_, m) => m)
  const one = [0]

  const encodeAndStep = (lane: number, history: History, t: number, scale: number, season: number): void => {
    writeFeatures(spec, history.values, history.first, t, scale, season, features, 0)
    for (let j = 0; j < hiddenSize; j++) {
      let sum = encoderB[j]
      const row = j * net.features
      for (let i = 0; i < net.features; i++) sum += encoderW[row + i] * features[i]
      encoded[j] = Math.max(sum, 0)
    }
    one[0] = lane
    stepper.step(one, encoded)
  }

  const decode = (lane: number, scale: number, changes: Float32Array, at: number): void => {
    for (const m of scratch) stepper.copy(lane, m)
    const hidden = stepper.step(scratch, positions)
    for (let h = 0; h < horizon; h++) {
      const unit = h % segment
      const state = ((h - unit) / segment) * hiddenSize
      let sum = outB[unit]
      for (let j = 0; j < hiddenSize; j++) sum += outW[unit * hiddenSize + j] * hidden[state + j]
      changes[at + h] = scale * sum
    }
  }

  return {
    version,
    device: stepper.device,
    step({ base, made, history }, phase, scale, season, changes, at) {
      const lane = base + phase
      const t = history.end - 1
      if (made[phase] !== version) {
        // A state made under other weights means nothing: rebuild this phase from the window.
        stepper.reset(lane)
        const back = Math.min(REPLAY, Math.floor((t - history.first) / segment))
        for (let k = back; k > 0; k--) encodeAndStep(lane, history, t - k * segment, scale, season)
        made[phase] = version
      }
      encodeAndStep(lane, history, t, scale, season)
      if (changes) decode(lane, scale, changes, at)
    },
    grow: (count) => stepper.grow(count),
    save: (lane) => stepper.save(lane),
    restore: (lane, state) => stepper.restore(lane, state),
    close: () => stepper.close(),
  }
}

/** Lanes below this are the decoder's scratch. */
export function firstLane(spec: SegmentSpec): number {
  return netLayout(spec).blocks
}
