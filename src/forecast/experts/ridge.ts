import type { History } from '../history.ts'
import { learnFar, learnNear, project, type RlsState, startRls } from './rls.ts'

/**
 * Online ridge regression of one stream, at several rates of forgetting: x_{t+h} − x_t for each step h of the horizon on
 * the changes x_{t−lag} − x_t, a constant and, with a season, its first two harmonics. Plain numbers and arrays.
 *
 * Step 1 has a filter of its own: its targets are known a reading later, those of the whole horizon only after it.
 */
export interface RidgeState {
  /** Grid steps of the regular pattern that the inputs know; 0 = none. */
  readonly season: number
  readonly lags: Int32Array
  /** One for each rate: near is step 1, far is the whole horizon. */
  readonly filters: readonly RlsState[]
  /** How many steps before the newest the oldest origin lies that each has not learned. */
  farBehind: number
  nearBehind: number
  /** Origins learned over the whole horizon. */
  learned: number
}

/** What an expert sees of its stream. */
export interface RidgeStream {
  readonly history: History
  /** Unit of its changes, > 0. */
  readonly unit: number
  /** Grid step of the newest value, counted from any origin. */
  readonly index: number
}

/** Most lags of the newest values, one by one, and then in strides of a part of the season. */
const NEWEST = 16
const STRIDES = 5
const PART = 1 / 16
const HARMONICS = 2
/** Inputs and targets are cut here, in units. */
const CLIP = 10
/** What a weight that nothing is known of may be, squared. */
const UNSURE = 0.05
/** Origins that are learned with one reading at most: a filter that begins late catches up. */
const CATCH_UP = 3

/**
 * Lags of a stream with a regular pattern: the newest values one by one and in strides, and those around one, two, three
 * and seven seasons ago, as far as they are held.
 * @param longest the longest lag that the history holds
 */
export function seasonalLags(season: number, longest: number): Int32Array {
  const stride = Math.max(1, Math.round(season * PART))
  const lags = new Set<number>()
  for (let lag = 1; lag <= NEWEST; lag++) lags.add(lag)
  for (let k = 1; k <= STRIDES; k++) lags.add(NEWEST + k * stride)
  for (const lag of [
    ...[season - 2, season - 1, season, season + 1],
    ...[2 * season - 1, 2 * season, 3 * season, 7 * season - 1, 7 * season],
  ]) {
    lags.add(lag)
  }
  return Int32Array.from([...lags].filter((lag) => lag >= 1 && lag <= longest).sort((a, b) => a - b))
}

export function startRidge(
  lags: Int32Array,
  season: number,
  horizon: number,
  rates: readonly number[],
  history: History,
): RidgeState {
  const inputs = inputsOf(lags, season)
  const behind = Math.max(0, history.end - history.first - 1 - (lags.at(-1) ?? 0))
  return {
    season,
    lags,
    filters: rates.map(() => startRls(inputs, 1, horizon, UNSURE)),
    farBehind: behind,
    nearBehind: behind,
    learned: 0,
  }
}

function inputsOf(lags: Int32Array, season: number): number {
  return lags.length + 1 + (season > 0 ? 2 * HARMONICS : 0)
}

/** What works on the states of ridge regressions of one shape. */
export interface Ridge {
  /** Takes the newest value of the stream in: learns from the origins whose targets are known now. */
  learn(state: RidgeState, stream: RidgeStream): void
  /** Writes ŷ − x_t of the filter `number` for each step. */
  forecast(state: RidgeState, stream: RidgeStream, number: number, changes: Float64Array): void
}

/** @param rates share of the past that each filter keeps with each row */
export function createRidge(horizon: number, rates: readonly number[]): Ridge {
  let f = new Float64Array(0)
  let gain = f
  const one = new Float64Array(1)
  const all = new Float64Array(horizon)
  const clip = (v: number): number => Math.min(Math.max(v, -CLIP), CLIP)

  /** Inputs of the origin that lies `ago` steps before the newest. */
  const writeInputs = ({ lags, season }: RidgeState, stream: RidgeStream, ago: number): void => {
    const n = inputsOf(lags, season)
    if (f.length !== n) {
      f = new Float64Array(n)
      gain = new Float64Array(n)
    }
    const { values, first, end } = stream.history
    const at = end - 1 - ago
    const last = values[at]
    const share = 1 / stream.unit
    for (let i = 0; i < lags.length; i++) f[i] = clip((values[Math.max(at - lags[i], first)] - last) * share)
    f[lags.length] = 1
    if (season === 0) return
    const angle = (2 * Math.PI * ((stream.index - ago) % season)) / season
    for (let k = 1; k <= HARMONICS; k++) {
      f[lags.length + 2 * k - 1] = Math.sin(k * angle)
      f[lags.length + 2 * k] = Math.cos(k * angle)
    }
  }

  /** Writes what the weights say less than the truth of as many steps as they have, of the origin `ago` steps ago. */
  const writeErrors = (
    weights: Float64Array,
    { history: { values, observed, end }, unit }: RidgeStream,
    ago: number,
    errors: Float64Array,
  ): void => {
    project(weights, f, errors)
    const at = end - 1 - ago
    for (let h = 0; h < errors.length; h++) {
      const to = at + 1 + h
      errors[h] = observed[to] === 0 ? 0 : clip((values[to] - values[at]) / unit) - errors[h]
    }
  }

  const learnOrigins = (
    behind: number,
    least: number,
    state: RidgeState,
    stream: RidgeStream,
    learn: (filter: RlsState, r: number, ago: number) => void,
  ): number => {
    const { observed, first, end } = stream.history
    let ago = Math.min(behind, end - 1 - first)
    for (let i = 0; i < CATCH_UP && ago >= least; i++, ago--) {
      if (observed[end - 1 - ago] === 0) continue
      writeInputs(state, stream, ago)
      for (let r = 0; r < rates.length; r++) learn(state.filters[r], r, ago)
    }
    return ago
  }

  return {
    learn(state, stream) {
      state.nearBehind = learnOrigins(state.nearBehind + 1, 1, state, stream, (filter, r, ago) => {
        writeErrors(filter.near, stream, ago, one)
        learnNear(filter, f, one, rates[r], gain)
      })
      state.farBehind = learnOrigins(state.farBehind + 1, horizon, state, stream, (filter, r, ago) => {
        writeErrors(filter.far, stream, ago, all)
        learnFar(filter, f, all, gain)
        if (r === 0) state.learned++
      })
    },
    forecast(state, stream, number, changes) {
      writeInputs(state, stream, 0)
      project(state.filters[number].far, f, changes)
      project(state.filters[number].near, f, one)
      changes[0] = one[0]
      for (let h = 0; h < horizon; h++) changes[h] *= stream.unit
    },
  }
}
