import type { DeviceChoice } from '../../engine/device.ts'
import { whySynchronous } from '../../engine/gpu/synchronous.ts'
import { learnScale, scaleLag, scaleOf, startScale } from '../../learn/segment/scale.ts'
import type { SegmentModel } from '../../learn/segment/types.ts'
import type { GruOutput } from '../experts/gru.ts'
import { openPool } from '../experts/pool.ts'
import { openSegment } from '../experts/segment.ts'
import type { FilledColumn } from './columns.ts'
import type { Pace } from './pace.ts'

/** What a walk gives at one row; arrays [columns][horizon], valid until the next row. */
export interface Step {
  /** Index of the row: step h is of row `origin` + h. */
  readonly origin: number
  readonly mean: Float64Array
  /** How far the net's own interval of 90 % reaches down and up, > 0. */
  readonly below: Float64Array
  readonly above: Float64Array
}

export interface WalkOptions {
  /** Whether a forecast is wanted at a row. */
  readonly wanted: (row: number) => boolean
  /** The last row that is stepped. */
  readonly last: number
  readonly device: DeviceChoice
  readonly pace: Pace
  /** Hears what share of the rows is done. */
  readonly meter: (share: number) => void
  readonly emit: (step: Step) => void | Promise<void>
}

export interface Walked {
  /** Seconds that stepping and decoding took. */
  readonly seconds: number
  readonly device: string
  readonly deviceReason: string
}

/** Numbers that the decoder's inputs of one batch hold: some milliseconds of work. */
const BATCH = 2 ** 16

/**
 * Steps a fitted net through all rows of a table from the first on, in chunks: rows of one segment are of different
 * phases, whose states do not depend on each other. Bit for bit what stepping reading by reading gives.
 * @param columns all equally long, with a channel in the model each
 */
export async function walk(
  model: SegmentModel,
  columns: readonly FilledColumn[],
  { wanted, last, device, pace, meter, emit }: WalkOptions,
): Promise<Walked> {
  const net = openSegment(model)
  const { blocks } = net
  const { segment, horizon, hiddenSize, scale: kind } = model.spec
  const streams = columns.map(({ name, values }) => {
    const channel = net.channelOf(name)
    const { unit, season } = model.channels[channel]
    return { values, channel, unit, season, lag: scaleLag(season, segment), scale: startScale() }
  })
  const most = Math.max(1, Math.min(segment * columns.length, Math.floor(BATCH / (blocks * hiddenSize))))
  const pool = openPool(net.gru, segment * columns.length, {
    device,
    synchronous: whySynchronous(device),
    onDevice: () => {},
  })
  await pool.ready
  const width = columns.length * horizon
  /** In float32, as a live stream keeps them. */
  const decoded: GruOutput = {
    changes: new Float32Array(horizon),
    below: new Float32Array(horizon),
    above: new Float32Array(horizon),
  }
  const mean = new Float64Array(width)
  const below = new Float64Array(width)
  const above = new Float64Array(width)
  const encoded = new Float32Array(most * hiddenSize)
  const scales = new Float64Array(most)
  /** Row and column of each reading of the batch. */
  const rows = new Int32Array(most)
  const of = new Int32Array(most)
  let taken = 0
  let busy = 0
  let since = performance.now()

  const step = (): Float32Array | Promise<Float32Array> => {
    const lanes = Array.from({ length: taken }, (_, i) => of[i] * segment + (rows[i] % segment))
    return pool.step(lanes, encoded.subarray(0, taken * hiddenSize))
  }

  /** The GRU's outputs for these readings of the batch, all blocks of each. */
  const ahead = (asked: readonly number[]): Float32Array | Promise<Float32Array> => {
    const lanes: number[] = []
    const inputs = new Float32Array(asked.length * blocks * hiddenSize)
    for (const [row, i] of asked.entries()) {
      net.writeDecodeInputs(streams[of[i]].channel, inputs, row * blocks * hiddenSize)
      for (let m = 0; m < blocks; m++) lanes.push(of[i] * segment + (rows[i] % segment))
    }
    return pool.ahead(lanes, inputs)
  }

  const decode = (i: number, hidden: Float32Array, row: number): void => {
    const { values, unit } = streams[of[i]]
    const at = of[i] * horizon
    const value = values[rows[i]]
    net.decode(hidden, row, scales[i], unit, decoded)
    for (let h = 0; h < horizon; h++) mean[at + h] = value + decoded.changes[h]
    below.set(decoded.below, at)
    above.set(decoded.above, at)
  }

  const flush = async (): Promise<void> => {
    const row = rows[taken - 1]
    await step()
    const asked = Array.from({ length: taken }, (_, i) => i).filter((i) => wanted(rows[i]))
    const hidden = asked.length > 0 ? await ahead(asked) : encoded
    for (const [row, i] of asked.entries()) {
      decode(i, hidden, row * blocks)
      if (of[i] < columns.length - 1) continue
      busy += performance.now() - since
      await emit({ origin: rows[i], mean, below, above })
      since = performance.now()
    }
    taken = 0
    busy += performance.now() - since
    meter((row + 1) / (last + 1))
    await pace.rest()
    since = performance.now()
  }

  try {
    for (let row = 0; row <= last; row++) {
      for (const [c, { values, unit, season, lag, scale }] of streams.entries()) {
        if (taken === most || (taken > 0 && row - rows[0] >= segment)) await flush()
        if (row > 0) learnScale(scale, values[row] - values[Math.max(row - lag, 0)], lag)
        scales[taken] = scaleOf(kind, scale, unit, segment)
        net.encode(values, 0, row, scales[taken], season, encoded, taken * hiddenSize)
        rows[taken] = row
        of[taken++] = c
      }
    }
    if (taken > 0) await flush()
    return { seconds: busy / 1000, device: pool.device, deviceReason: pool.reason }
  } finally {
    await pool.close()
  }
}
