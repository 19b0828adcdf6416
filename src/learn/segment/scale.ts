import type { ScaleKind } from './types.ts'

/** How lively a stream is: a running mean of its changes over half a season. */
export interface ScaleState {
  /** Mean of |x_t − x_{t−lag}|. */
  mean: number
  /** Changes seen. */
  count: number
}

/** Seasons after which the mean forgets as fast as it learns; without a season, so many segments. */
const WINDOW = 30
/** One change counts for at most this many times the mean so far. */
const OUTLIER = 8
/** Changes before outliers are cut. */
const SETTLED = 16
/** Share of the unit below which no running scale falls. */
const LEAST = 0.05

/** A scale that has seen nothing. */
export function startScale(): ScaleState {
  return { mean: 0, count: 0 }
}

/** Steps over which the running scale compares: half a season, or half a segment without one; at least 1. */
export function scaleLag(season: number, segment: number): number {
  return Math.max(1, (season > 0 ? season : segment) >> 1)
}

/**
 * Takes |x_t − x_{t−lag}| into the running mean; a wild one only in part.
 * @param lag of {@link scaleLag}
 */
export function learnScale(scale: ScaleState, change: number, lag: number): void {
  const size = Math.abs(change)
  const settled = scale.count >= SETTLED && scale.mean > 0
  const taken = settled ? Math.min(size, OUTLIER * scale.mean) : size
  scale.count++
  scale.mean += (taken - scale.mean) / Math.min(scale.count, 2 * lag * WINDOW)
}

/**
 * Unit in which the net sees changes of a stream at a reading.
 * @param unit standard deviation of the stream
 * @param segment readings before which a running scale has not seen enough
 * @returns never 0, so that a constant sensor is no division by zero
 */
export function scaleOf(kind: ScaleKind, scale: ScaleState, unit: number, segment: number): number {
  return kind === 'fixed' || scale.count < segment ? unit : Math.max(scale.mean, LEAST * unit)
}

/** Unit of values with this mean and standard deviation: never 0. */
export function unitOf(deviation: number, mean: number): number {
  return Math.max(deviation, Math.abs(mean) * 1e-9, Number.MIN_VALUE * 2 ** 60)
}
