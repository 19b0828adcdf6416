import { checkDevice, type DeviceChoice } from '../../engine/device.ts'
import type { ScaleKind } from '../../learn/segment/types.ts'
import { quote } from '../../quote.ts'
import type { Rows, Table } from '../../table/types.ts'
import { checkColumns, checkSeen } from './columns.ts'
import type { BacktestMode, BacktestOptions } from './types.ts'

/** Most steps ahead of a fitted net, and of one that goes on learning. */
const MOST_STEPS = 1024
const MOST_LIVE_STEPS = 256
/** Longest season, and that of a live model, whose history holds it twice. */
const MOST_SEASON = 1_000_000
const MOST_LIVE_SEASON = 2048
const MOST_SEED = 2 ** 32 - 1
const MODES: readonly BacktestMode[] = ['frozen', 'stream', 'cold']
const SCALES: readonly string[] = ['auto', 'fixed', 'running']

/** What a net is fitted with, defaults filled in; null: chosen from the data. */
export interface NetOptions {
  readonly horizon: number
  readonly segment: number | null
  readonly hiddenSize: number
  readonly season: number | null
  readonly scale: ScaleKind | 'auto'
  readonly seed: number
  readonly maxSeconds: number
}

/** Options with every default filled in. */
export interface CheckedBacktest extends NetOptions {
  readonly fit: Rows
  readonly validate: Rows
  readonly test: Rows
  readonly mode: BacktestMode
  readonly coverage: number
  readonly threads: number
  readonly device: DeviceChoice
}

/** @throws RangeError naming an impossible option and its value */
export function checkNet(
  options: Partial<
    Pick<BacktestOptions, 'segment' | 'hiddenSize' | 'season' | 'scale' | 'seed' | 'maxSeconds'>
  >,
  horizon: number,
): NetOptions {
  const {
    segment = null,
    hiddenSize = 64,
    season = null,
    scale = 'auto',
    seed = 1,
    maxSeconds = 600,
  } = options
  whole('horizon', horizon, 1, MOST_STEPS)
  if (segment !== null) whole('segment', segment, 2, 512)
  whole('hiddenSize', hiddenSize, 4, 512)
  if (hiddenSize % 4 !== 0) throw new RangeError(`hiddenSize must be a multiple of 4, got ${hiddenSize}`)
  if (season !== null && season !== 0) whole('season', season, 2, MOST_SEASON)
  if (!SCALES.includes(scale)) {
    throw new RangeError(`scale must be auto, fixed or running, got ${quote(scale)}`)
  }
  whole('seed', seed, 0, MOST_SEED)
  if (!(maxSeconds > 0 && maxSeconds < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`maxSeconds must be a number above 0, got ${quote(maxSeconds)}`)
  }
  return { horizon, segment, hiddenSize, season, scale, seed, maxSeconds }
}

/**
 * The options with their defaults.
 * @throws RangeError naming an impossible option, row range or column, and the value
 */
export function checkBacktest(table: Table, options: BacktestOptions): CheckedBacktest {
  const { horizon, mode, fit, validate, test, coverage = 0.9, threads = 1, device = 'wasm' } = options
  const net = checkNet(options, horizon)
  if (!MODES.includes(mode)) {
    throw new RangeError(`mode must be frozen, stream or cold, got ${quote(mode)}`)
  }
  if (mode !== 'frozen' && horizon > MOST_LIVE_STEPS) {
    throw new RangeError(`horizon must be at most ${MOST_LIVE_STEPS} in the mode ${mode}, got ${horizon}`)
  }
  if (mode !== 'frozen' && net.season !== null && net.season > MOST_LIVE_SEASON) {
    throw new RangeError(`season must be at most ${MOST_LIVE_SEASON} in the mode ${mode}, got ${net.season}`)
  }
  if (!(coverage > 0 && coverage < 1)) {
    throw new RangeError(`coverage must lie between 0 and 1, got ${quote(coverage)}`)
  }
  whole('threads', threads, 1, 64)
  checkDevice(device)
  checkRows(table.rows, { fit, validate, test }, horizon)
  checkColumns(table.columns)
  checkSeen(table.columns, fit, 'the fit rows')
  return { ...net, mode, fit, validate, test, coverage, threads, device }
}

function checkRows(
  rows: number,
  { fit, validate, test }: Pick<BacktestOptions, 'fit' | 'validate' | 'test'>,
  horizon: number,
): void {
  let before = 0
  for (const [name, { from, to }] of Object.entries({ fit, validate, test })) {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > rows) {
      throw new RangeError(`${name} rows ${from}:${to} are not a range of the table's rows, 0:${rows}`)
    }
    if (from < before) {
      throw new RangeError(
        `${name} rows ${from}:${to} begin before row ${before}, where those before them end`,
      )
    }
    before = to
  }
  const taught = fit.to - fit.from
  if (taught < horizon + 2) {
    throw new RangeError(
      `${taught} fit rows, ${fit.from}:${fit.to}, are too few to learn ${horizon} steps ahead: at least ${horizon + 2}`,
    )
  }
  if (test.to - test.from < horizon) {
    throw new RangeError(
      `${test.to - test.from} test rows, ${test.from}:${test.to}, are fewer than the horizon of ${horizon} steps`,
    )
  }
}

/** @throws RangeError naming an option and its value */
export function whole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${quote(value)}`)
  }
}
