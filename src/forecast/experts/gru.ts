import type { Model } from '../../engine/model.ts'
import { type ScaleState, scaleLag, scaleOf, startScale } from '../../learn/segment/scale.ts'
import type { SegmentModel, SegmentSpec } from '../../learn/segment/types.ts'
import { sameShape } from '../../learn/segment/warm.ts'
import type { History } from '../history.ts'
import { createLanes } from '../lanes.ts'
import type { Version } from '../ran.ts'
import { type SpreadState, spreadUnit } from '../spread.ts'
import type { Pool } from './pool.ts'
import { learnAt, replayScale } from './running.ts'
import { type Decoded, openSegment } from './segment.ts'

/** What a stream brings to a step of a GRU. */
export interface GruStream {
  readonly key: string
  readonly history: History
  readonly spread: SpreadState
  /** Grid steps since the stream began or began anew, at least 1. */
  readonly sinceRestart: number
}

/** What one expert keeps of one stream. */
export interface GruPlace {
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

/** The place of a stream that no expert has seen, whose season is `season` grid steps; 0 = none known. */
export function startPlace(season: number): GruPlace {
  return { unit: 0, season, scale: startScale(), version: 0, base: 0, made: new Uint8Array(0) }
}

/** What a GRU says of one reading: changes and sides, each [horizon]. */
export type GruOutput = Decoded<Float32Array>

/** One version of the fitted net with the states of the streams that were stepped on it. */
export interface GruExpert extends Version {
  readonly version: number
  /** Its newest weights. */
  readonly model: SegmentModel
  /**
   * Takes the newest value of `stream.history` into the state of its phase. A stream that comes from other weights
   * joins first: it gets lanes, the unit and season of its channel if it is one, and its running scale as the fit saw
   * it. The state of a phase that is not made is made anew from the newest 30 segments.
   * @param out receives the forecast; null where none is wanted
   * @returns nothing when all is done, else what settles then
   */
  step(stream: GruStream, place: GruPlace, out: GruOutput | null): Promise<void> | undefined
  /**
   * Takes other weights of the same shape from the next reading on; states stay, as if they came from these weights.
   * That is right for small changes alone (measured: after small steps, better than states made anew).
   * @throws Error where the shape is another, or the states may be on a GPU
   * @throws RangeError as {@link createGruExpert}
   */
  renew(model: SegmentModel): void
  /** Gives a stream lanes, none of them made. */
  place(place: GruPlace): void
  /** Takes a stream's lanes back, if it has any of this version. */
  leave(place: GruPlace): void
  /** A lane's state; undefined while the device alone has it. */
  peek(lane: number): Float32Array | undefined
  restore(lane: number, state: Float32Array): void
  /** Settles when every lane's state can be had by `peek`. */
  settle(): Promise<void>
  /** Answers what it was asked, then ends; its streams' lanes go with it. */
  close(): Promise<void>
}

/** How the states of one version come about. */
export interface ExpertOpening {
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
export function createGruExpert(model: SegmentModel, version: number, openedAs: ExpertOpening): GruExpert {
  let net = openSegment(model)
  let newest = model
  const { segment, hiddenSize, scale: kind }: SegmentSpec = net.spec
  const lanes = createLanes(segment, openedAs.growth, openedAs.streams * segment)
  const pool = openedAs.open(net.gru, lanes.count)
  const encoded = new Float32Array(hiddenSize)
  const blockInputs = new Float32Array(net.blocks * hiddenSize)
  const one = [0]
  /** A lane for each block. */
  const blocks = new Array<number>(net.blocks).fill(0)
  /** Of a reading with a forecast: its own step, and those ahead. */
  const rows = 1 + net.blocks

  const unitOf = ({ spread }: GruStream, { unit }: GruPlace): number => unit || spreadUnit(spread)

  const putIn = (place: GruPlace): void => {
    place.base = lanes.take()
    place.made = new Uint8Array(segment)
    place.version = version
    if (lanes.count > pool.lanes) pool.grow(lanes.count)
  }

  const join = ({ key, history }: GruStream, place: GruPlace): void => {
    putIn(place)
    const channel = newest.channels[net.channelOf(key)]
    if (channel) Object.assign(place, { unit: channel.unit, season: channel.season })
    else if (place.unit === 0) place.season = openedAs.season
    place.scale = replayScale(history, scaleLag(place.season, segment))
  }

  /** A state made under other weights means nothing: makes it anew from the window, each segment in the scale of its time. */
  const rebuild = (
    { history }: GruStream,
    { season }: GruPlace,
    lane: number,
    unit: number,
    scale: number,
  ): Float32Array | Promise<Float32Array> => {
    const { values, first } = history
    const t = history.end - 1
    const lag = scaleLag(season, segment)
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
    get model() {
      return newest
    },
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
    step(stream, place, out) {
      const { history } = stream
      const t = history.end - 1
      if (place.version !== version) join(stream, place)
      else learnAt(place.scale, history, t, scaleLag(place.season, segment))
      const unit = unitOf(stream, place)
      const scale = scaleOf(kind, place.scale, unit, segment)
      const phase = (stream.sinceRestart - 1) % segment
      const lane = place.base + phase
      let stepped: Float32Array | Promise<Float32Array>
      if (place.made[phase] === 1) {
        net.encode(history.values, history.first, t, scale, place.season, encoded, 0)
        one[0] = lane
        stepped = pool.step(one, encoded)
      } else {
        stepped = rebuild(stream, place, lane, unit, scale)
        place.made[phase] = 1
      }
      if (!out) return stepped instanceof Promise ? stepped.then(() => {}) : undefined
      net.writeDecodeInputs(net.channelOf(stream.key), blockInputs, 0)
      const hidden = pool.ahead(blocks.fill(lane), blockInputs)
      if (hidden instanceof Promise) {
        return Promise.all([hidden, stepped]).then(([ahead]) => net.decode(ahead, 0, scale, unit, out))
      }
      net.decode(hidden, 0, scale, unit, out)
      return undefined
    },
    renew(next) {
      if (!pool.renew) throw new Error('weights whose states may be on a GPU cannot be replaced')
      if (!sameShape(next.spec, newest.spec)) throw new Error('weights of another shape cannot be put in')
      const opened = openSegment(next)
      pool.renew(opened.gru)
      net = opened
      newest = next
    },
    place: putIn,
    leave(place) {
      if (place.version !== version) return
      lanes.give(place.base)
      place.version = 0
    },
    peek: pool.peek,
    restore: pool.restore,
    settle: pool.settle,
    close: pool.close,
  }
}
