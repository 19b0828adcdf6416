import { checkDevice } from '../engine/device.ts'
import type { ForecastModelOptions, StreamsOptions } from './types.ts'

/** Options with every default filled in. */
export type CheckedModelOptions = Required<Omit<ForecastModelOptions, 'segment' | 'season'>> & {
  readonly segment: number | null
  readonly season: number | null
}
export type CheckedStreamsOptions = Required<Omit<StreamsOptions, 'period' | 'onEvict'>> &
  Pick<StreamsOptions, 'onEvict'> & { readonly period: number | null }

/** @throws RangeError naming an impossible option and its value. */
export function checkModelOptions(options: ForecastModelOptions = {}): CheckedModelOptions {
  const { horizon = 24, segment, hiddenSize = 32, season, learn = true, seed = 1 } = options
  const { device = 'wasm' } = options
  whole('horizon', horizon, 1, 256)
  if (segment !== undefined) whole('segment', segment, 2, 512)
  whole('hiddenSize', hiddenSize, 4, 512)
  if (hiddenSize % 4 !== 0) throw new RangeError(`hiddenSize must be a multiple of 4, got ${hiddenSize}`)
  if (season !== undefined) whole('season', season, 2, 2048)
  whole('seed', seed, 0, 2 ** 32 - 1)
  if (typeof learn !== 'boolean') throw new TypeError(`learn must be true or false, got ${String(learn)}`)
  checkDevice(device)
  return { horizon, segment: segment ?? null, hiddenSize, season: season ?? null, learn, seed, device }
}

/** @throws RangeError naming an impossible option and its value. */
export function checkStreamsOptions(options: StreamsOptions = {}): CheckedStreamsOptions {
  const { period, warmUp = 64, coverage = 0.9, maxStreams = 500, onEvict } = options
  if (period !== undefined && !(Number.isFinite(period) && period >= 1 && period <= 3.2e10)) {
    throw new RangeError(`period must be 1 ms to 1 year in milliseconds, got ${String(period)}`)
  }
  whole('warmUp', warmUp, 2, 4096)
  if (!(typeof coverage === 'number' && coverage > 0 && coverage < 1)) {
    throw new RangeError(`coverage must lie between 0 and 1, got ${String(coverage)}`)
  }
  whole('maxStreams', maxStreams, 1, 10_000)
  return { period: period ?? null, warmUp, coverage, maxStreams, onEvict }
}

function whole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${String(value)}`)
  }
}
