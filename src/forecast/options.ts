import { checkDevice } from '../engine/device.ts'
import type { ForecastModelOptions, StreamsOptions } from './types.ts'

/** Options with every default filled in. */
export type CheckedModelOptions = Required<Omit<ForecastModelOptions, 'segment' | 'season' | 'budget'>> & {
  readonly segment: number | null
  readonly season: number | null
  /** null: as the default says. */
  readonly budget: number | null
}
export type CheckedStreamsOptions = Required<Omit<StreamsOptions, 'period' | 'coverage' | 'onEvict'>> &
  Pick<StreamsOptions, 'onEvict'> & { readonly period: number | null; readonly coverages: readonly number[] }

/** Most milliseconds of learning on for a reading. */
const MOST_BUDGET = 1000
/** Most coverages of one stream. */
const MOST_COVERAGES = 8

/** @throws RangeError naming an impossible option and its value. */
export function checkModelOptions(options: ForecastModelOptions = {}): CheckedModelOptions {
  const { horizon = 24, segment, hiddenSize = 32, season, learn = true, seed = 1 } = options
  const { device = 'wasm', budget = null } = options
  whole('horizon', horizon, 1, 256)
  if (segment !== undefined) whole('segment', segment, 2, 512)
  whole('hiddenSize', hiddenSize, 4, 512)
  if (hiddenSize % 4 !== 0) throw new RangeError(`hiddenSize must be a multiple of 4, got ${hiddenSize}`)
  if (season !== undefined) whole('season', season, 2, 2048)
  whole('seed', seed, 0, 2 ** 32 - 1)
  if (typeof learn !== 'boolean') throw new TypeError(`learn must be true or false, got ${String(learn)}`)
  if (budget !== null && !(typeof budget === 'number' && budget >= 0 && budget <= MOST_BUDGET)) {
    throw new RangeError(`budget must be 0 to ${MOST_BUDGET} milliseconds, got ${String(budget)}`)
  }
  checkDevice(device)
  return {
    horizon,
    segment: segment ?? null,
    hiddenSize,
    season: season ?? null,
    learn,
    seed,
    device,
    budget,
  }
}

/** @throws RangeError naming an impossible option and its value. */
export function checkStreamsOptions(options: StreamsOptions = {}): CheckedStreamsOptions {
  const { period, warmUp = 64, coverage = 0.9, maxStreams = 500, onEvict } = options
  if (period !== undefined && !(Number.isFinite(period) && period >= 1 && period <= 3.2e10)) {
    throw new RangeError(`period must be 1 ms to 1 year in milliseconds, got ${String(period)}`)
  }
  whole('warmUp', warmUp, 2, 4096)
  const coverages = typeof coverage === 'object' ? coverage : [coverage]
  checkCoverages(coverages)
  whole('maxStreams', maxStreams, 1, 10_000)
  return { period: period ?? null, warmUp, coverages: [...coverages], maxStreams, onEvict }
}

function checkCoverages(coverages: readonly number[]): void {
  if (!Array.isArray(coverages) || coverages.length < 1 || coverages.length > MOST_COVERAGES) {
    throw new RangeError(`coverage must be one number or a list of 1 to ${MOST_COVERAGES}`)
  }
  for (const [i, coverage] of coverages.entries()) {
    if (!(typeof coverage === 'number' && coverage > 0 && coverage < 1)) {
      throw new RangeError(`coverage must lie between 0 and 1, got ${String(coverage)}`)
    }
    if (coverages.indexOf(coverage) < i) throw new RangeError(`coverage ${coverage} is there twice`)
  }
}

function whole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${String(value)}`)
  }
}
