import { netLayout } from '../../learn/segment/net.ts'
import type { SegmentModel, SegmentSpec } from '../../learn/segment/types.ts'
import { quote } from '../../quote.ts'

/** Largest number of embeddings: far more than streams can be. */
const MOST_CHANNELS = 65_536
/** Longest season in grid steps. */
const LONGEST = 2 ** 31 - 1

/** @throws RangeError naming what of a net's shape is impossible, and its value */
function checkSegmentSpec({ segment, horizon, hiddenSize, channels, seasonal, scale }: SegmentSpec): void {
  whole('segment', segment, 2, 512)
  whole('horizon', horizon, 1, 1024)
  whole('hiddenSize', hiddenSize, 4, 512)
  if (hiddenSize % 4 !== 0) throw new RangeError(`hiddenSize must be a multiple of 4, got ${hiddenSize}`)
  whole('channels', channels, 0, MOST_CHANNELS)
  if (typeof seasonal !== 'boolean') {
    throw new RangeError(`seasonal must be true or false, got ${quote(seasonal)}`)
  }
  if (scale !== 'fixed' && scale !== 'running') {
    throw new RangeError(`scale must be fixed or running, got ${quote(scale)}`)
  }
}

/** @throws RangeError naming what of a fitted net does not fit or is not finite */
export function checkSegmentModel({ spec, weights, channels }: SegmentModel): void {
  checkSegmentSpec(spec)
  const { size } = netLayout(spec)
  if (weights.length !== size)
    throw new RangeError(`the model must hold ${size} weights, got ${weights.length}`)
  const bad = weights.findIndex((w) => !Number.isFinite(w))
  if (bad >= 0) throw new RangeError(`weights must be finite, got ${weights[bad]} at index ${bad}`)
  if (channels.length !== spec.channels) {
    throw new RangeError(`the model must name ${spec.channels} channels, got ${channels.length}`)
  }
  for (const { unit, season } of channels) {
    if (!(unit > 0 && unit < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`the unit of a channel must be finite and > 0, got ${unit}`)
    }
    whole('the season of a channel', season, 0, LONGEST)
  }
}

function whole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${quote(value)}`)
  }
}
