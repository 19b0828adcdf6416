import type { Model } from '../../engine/model.ts'
import { type ScaleState, scaleLag, scaleOf, startScale } from '../../learn/segment/scale.ts'
import type { SegmentModel, SegmentSpec } from '../../learn/segment/types.ts'
import type { History } from '../history.ts'
import { createLanes } from '../lanes.ts'
import type { Version } from '../ran.ts'
import { type SpreadState, spreadUnit } from '../spread.ts'
import type { Pool } from './pool.ts'
import { learnAt, replayScale } from './running.ts'
import { openSegment } from './segment.ts'

/** What a stream brings to a step of the GRU, and what its expert keeps there. */
export interface GruStream {
  readonly key: string
  readonly history: History
  readonly spread: SpreadState
  /** Grid steps since the stream began or began anew, at least 1. */
  readonly sinceRestart: number
  /** Standard deviation of the values that a fit saw of it; 0: none has seen it, its own spread is used. */
  unit: number
  /** Grid steps of the regular pattern; 0 = none known. */
  season: number
  scale: ScaleState
  /** Version of the weights that the stream has lanes of; 0 = none. */
  version: number
  /** First of these lanes, one per phase. */
  base: number
  /** 1 for each phase whose state stands for the stream's history. */
  made: Uint8Array
}

/** One version of the fitted net with the states of the streams that were stepped on it. */
export interface GruExpert extends Version {
  readonly version: number
  readonly model: SegmentModel
  /**
   * Takes the newest value of `stream.history` into the state of its phase. A stream that comes from other weights
   * joins first: it gets lanes, the unit and season of its channel if it is one, and its running scale as the fit saw
   * it. The state of a phase that is not made is made anew from the newest 30 segments.
   * @param changes receives ŷ − x_t for each horizon step from `at` on; null where no forecast is wanted
   * @returns nothing when all is done, else what settles then
   */
  step(stream: GruStream, changes: Float32Array | null, at: number): Promise<void> | undefined
  /** Gives a stream lanes, none of them made. */
  place(stream: GruStream): void
  /** Takes a stream's lanes back, if it has any of this version. */
  leave(stream: GruStream): void
  /** A lane's state; undefined while the device alone has it. */
  peek(lane: number): Float32Array | undefined
  restore(lane: number, state: Float32Array): void
  /** Settles when every lane's state can be had by `peek`. */
  settle(): Promise<void>
  /** Answers what it was asked, then ends; its streams' lanes go with it. */
  close(): Promise<void>
}

/** How the states of one version come about. */
export interface ExpertPlace {
  /** Opens so many states, all zero. */
  readonly open: (gru: Model, lanes: number) => Pool
  /** Streams that there is to be room for from the start. */
  readonly streams: number
  /** Factor by which the room grows at least when it is too small. */
  readonly growth: number
  /** Season of streams that no fit has seen; 0 = none known. */
  readonly season: number
}

/** Segments after which the past no longer matters (measured: context 30 is as good as unbounded). */
const REPLAY = 30

/**
 * Takes a fitted net, as version `version` of the weights.
 * @throws RangeError when the model's weights or channels do not fit its shape or are not finite
 */
export function createGruExpert(model: SegmentModel, version: number, place: ExpertPlace): GruExpert {
  const net = openSegment(model)
  const { channels } = model
  const { segment, hiddenSize, scale: kind }: SegmentSpec = net.spec
  const lanes = createLanes(segment, place.growth, place.streams * segment)
  const pool = place.open(net.gru, lanes.count)
  const encoded = new Float32Array(hiddenSize)
  const blockInputs = new Float32Array(net.blocks * hiddenSize)
  const one = [0]
  /** A lane for each block. */
  const blocks = new Array<number>(net.blocks).fill(0)
  /** Of a reading with a forecast: its own step, and those ahead. */
  const rows = 1 + net.blocks

  const unitOf = ({ unit, spread }: GruStream): number => unit || spreadUnit(spread)

  const putIn = (stream: GruStream): void => {
    stream.base = lanes.take()
    stream.made = new Uint8Array(segment)
    stream.version = version
    if (lanes.count > pool.lanes) pool.grow(lanes.count)
  }

  const join = (stream: GruStream): void => {
    putIn(stream)
    const channel = channels[net.channelOf(stream.key)]
    if (channel) Object.assign(stream, { unit: channel.unit, season: channel.season })
    else if (stream.unit === 0) stream.season = place.season
    stream.scale = replayScale(stream.history, scaleLag(stream.season, segment))
  }

  /** A state made under other weights means nothing: makes it anew from the window, each segment in the scale of its time. */
  const rebuild = (stream: GruStream, lane: number, scale: number): Float32Array | Promise<Float32Array> => {
    const { history, season } = stream
    const { values, first } = history
    const t = history.end - 1
    const lag = scaleLag(season, segment)
    const unit = unitOf(stream)
    const steps = 1 + Math.min(REPLAY, Math.floor((t - first) / segment))
    const inputs = new Float32Array(steps * hiddenSize)
    const running = startScale()
    let next = first
    for (let i = 0; i < steps; i++) {
      const row = t - (steps - 1 - i) * segment
      for (; next <= row; next++) learnAt(running, history, next, lag)
      const then = row === t ? scale : scaleOf(kind, running, unit, segment)
      net.encode(values, first, row, then, season, inputs, i * hiddenSize)
    }
    pool.reset(lane)
    return pool.step(new Array<number>(steps).fill(lane), inputs)
  }

  return {
    version,
    model,
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
    step(stream, changes, at) {
      const { history } = stream
      const t = history.end - 1
      if (stream.version !== version) join(stream)
      else learnAt(stream.scale, history, t, scaleLag(stream.season, segment))
      const scale = scaleOf(kind, stream.scale, unitOf(stream), segment)
      const phase = (stream.sinceRestart - 1) % segment
      const lane = stream.base + phase
      let stepped: Float32Array | Promise<Float32Array>
      if (stream.made[phase] === 1) {
        net.encode(history.values, history.first, t, scale, stream.season, encoded, 0)
        one[0] = lane
        stepped = pool.step(one, encoded)
      } else {
        stepped = rebuild(stream, lane, scale)
        stream.made[phase] = 1
      }
      if (!changes) return stepped instanceof Promise ? stepped.then(() => {}) : undefined
      net.writeDecodeInputs(net.channelOf(stream.key), blockInputs, 0)
      const hidden = pool.ahead(blocks.fill(lane), blockInputs)
      if (hidden instanceof Promise) {
        return Promise.all([hidden, stepped]).then(([ahead]) => net.decode(ahead, 0, scale, changes, at))
      }
      net.decode(hidden, 0, scale, changes, at)
      return undefined
    },
    place: putIn,
    leave(stream) {
      if (stream.version !== version) return
      lanes.give(stream.base)
      stream.version = 0
    },
    peek: pool.peek,
    restore: pool.restore,
    settle: pool.settle,
    close: pool.close,
  }
}
