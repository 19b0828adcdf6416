import type { Random } from '../../engine/random.ts'
import type { Chosen } from './batch.ts'
import type { Past, Piece } from './past.ts'

/** Chooses what an update learns from. */
export interface Choice {
  /** Whether there is anything to choose from. */
  readonly isReady: boolean
  /** So many chunks that end with the newest readings, then so many from anywhere. */
  choose(newest: number, replayed: number): Chosen[]
}

/**
 * @param least steps that a piece must have
 * @param horizon steps ahead that are forecast
 */
export function createChoice(past: Past, least: number, horizon: number, random: Random): Choice {
  /** Streams with new readings take turns. */
  let turn = 0

  /** Some of its targets may still be unknown: up to all but one of its horizon. */
  const newestOf = (piece: Piece): Chosen => {
    const ago = random.integer(1, Math.min(horizon, piece.end - 1 - piece.first) + 1)
    return { piece, t: piece.end - 1 - ago }
  }

  /** Every step is equally likely. */
  const anyOf = (pieces: readonly Piece[], steps: number): Chosen => {
    let at = random.integer(0, steps)
    let p = 0
    while (at >= pieces[p].end - pieces[p].first) at -= pieces[p].end - pieces[p++].first
    const piece = pieces[p]
    return { piece, t: Math.min(piece.first + at, piece.end - 2) }
  }

  const longEnough = ({ first, end }: Piece): boolean => end - first >= least

  return {
    get isReady() {
      return [...past.pieces].some(longEnough)
    },
    choose(newest, replayed) {
      const pieces = [...past.pieces].filter(longEnough)
      const fresh = pieces.filter(({ isFresh }) => isFresh)
      const steps = pieces.reduce((sum, { first, end }) => sum + end - first, 0)
      const from = fresh.length > 0 ? fresh : pieces
      return [
        ...Array.from({ length: newest }, () => newestOf(from[turn++ % from.length])),
        ...Array.from({ length: replayed }, () => anyOf(pieces, steps)),
      ]
    },
  }
}
