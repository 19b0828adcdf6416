import { learnScale, type ScaleState, scaleLag, scaleOf, startScale } from '../segment/scale.ts'
import type { SegmentModel } from '../segment/types.ts'
import type { NewSteps } from './types.ts'

/** A stream's values without a break, as far as they are kept: from `first` to `end`, exclusive. */
export interface Piece {
  readonly stream: number
  /** Of the model, or −1. */
  readonly channel: number
  season: number
  unit: number
  values: Float64Array
  observed: Uint8Array
  /** Unit of changes at every step. */
  scales: Float64Array
  first: number
  end: number
  readonly scale: ScaleState
  /** Whether it has steps that came after {@link Past.settle}. */
  isFresh: boolean
}

/** What a net can learn from: the newest values of all streams, in bounded memory. */
export interface Past {
  take(steps: NewSteps): void
  /** From now on what there is by now is not fresh. */
  settle(): void
  /** From the one longest unchanged to the one changed last. */
  readonly pieces: ReadonlySet<Piece>
}

/** Most steps kept of a piece, and steps that all together have room for, 17 bytes each. */
const MOST_OF_PIECE = 32_768
const MOST = 4_194_304
/** Steps that a piece has room for at least. */
const SMALLEST = 256

/** Keeps the past of the streams of a model. */
export function createPast(
  model: SegmentModel,
  most: number = MOST,
  mostOfPiece: number = MOST_OF_PIECE,
): Past {
  const { segment, scale: kind } = model.spec
  const channels = new Map(model.channels.map(({ key }, i) => [key, i]))
  /** The piece of each stream that goes on. */
  const going = new Map<number, Piece>()
  const pieces = new Set<Piece>()
  let room = 0

  const drop = (piece: Piece): void => {
    pieces.delete(piece)
    if (going.get(piece.stream) === piece) going.delete(piece.stream)
    room -= piece.values.length
  }

  const start = ({ stream, key, unit, season }: NewSteps): Piece => {
    const channel = channels.get(key) ?? -1
    const own = model.channels[channel] ?? { unit, season }
    const piece: Piece = {
      stream,
      channel,
      season: own.season,
      unit: own.unit,
      values: new Float64Array(SMALLEST),
      observed: new Uint8Array(SMALLEST),
      scales: new Float64Array(SMALLEST),
      first: 0,
      end: 0,
      scale: startScale(),
      isFresh: true,
    }
    room += SMALLEST
    going.set(stream, piece)
    return piece
  }

  /** Twice what is kept, so that it has to be moved seldom. */
  const makeRoom = (piece: Piece): void => {
    const { values, observed, scales, first, end } = piece
    const size = Math.min(2 * mostOfPiece, Math.max(values.length, 2 * (end - first)))
    room += size - values.length
    const moved = {
      values: new Float64Array(size),
      observed: new Uint8Array(size),
      scales: new Float64Array(size),
    }
    moved.values.set(values.subarray(first, end))
    moved.observed.set(observed.subarray(first, end))
    moved.scales.set(scales.subarray(first, end))
    Object.assign(piece, moved, { first: 0, end: end - first })
  }

  const append = (piece: Piece, value: number, observed: number): void => {
    if (piece.end === piece.values.length) makeRoom(piece)
    const { values, scale, first } = piece
    const t = piece.end++
    const lag = scaleLag(piece.season, segment)
    values[t] = value
    piece.observed[t] = observed
    if (t > first) learnScale(scale, value - values[Math.max(t - lag, first)], lag)
    piece.scales[t] = scaleOf(kind, scale, piece.unit, segment)
    if (piece.end - first > mostOfPiece) piece.first++
  }

  return {
    pieces,
    settle() {
      for (const piece of pieces) piece.isFresh = false
    },
    take(fresh) {
      const { stream, values, observed, restarted, unit, season } = fresh
      const known = restarted ? undefined : going.get(stream)
      const piece = known ?? start(fresh)
      if (piece.channel < 0) Object.assign(piece, { unit, season })
      for (let i = 0; i < values.length; i++) append(piece, values[i], observed[i])
      piece.isFresh = true
      pieces.delete(piece)
      pieces.add(piece)
      for (const oldest of pieces) {
        if (room <= most || oldest === piece) break
        drop(oldest)
      }
    },
  }
}
