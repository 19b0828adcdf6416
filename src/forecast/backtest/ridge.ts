import type { Rows } from '../../table/types.ts'
import type { Baseline } from './baselines.ts'
import { solveCholesky } from './cholesky.ts'
import type { Pace } from './pace.ts'
import { strideOf } from './rows.ts'

/** Newest values that are inputs. */
const NEWEST = 24
/** Parts of a long season that are inputs too: between the newest values and a season ago there is much to know. */
const PARTS = [5 / 16, 6 / 16, 7 / 16]
/** Penalty of the squared weights, with values in units of the column's deviation. */
const PENALTY = 0.1
/** Share of the origins that a lag may be: beyond it too few origins have seen it. */
const LONGEST = 0.25
/** Harmonics of the season. */
const HARMONICS = 2
/** Origins, and products, that one column may take. */
const MOST_ORIGINS = 20_000
const MOST_PRODUCTS = 1e8

/**
 * Fits direct ridge regression (Hoerl & Kennard 1970), one for each step ahead: x_{t+h} − x_t on x_{t−j} − x_t for the
 * newest 24 values and those around one, two, three and seven seasons ago, a constant, and sine and cosine of the
 * season. Closed form, float64; of a long column not every origin is taken.
 * @param values a column without gaps
 * @param rows those that are learned from, targets included
 * @param unit the column's standard deviation, > 0
 * @param season rows of the regular pattern, 0 = none
 */
export async function fitRidge(
  values: Float64Array,
  rows: Rows,
  horizon: number,
  unit: number,
  season: number,
  pace: Pace,
): Promise<Baseline> {
  const lags = ridgeLags(season, rows.to - rows.from - horizon)
  const n = lags.length + 1 + (season > 1 ? 2 * HARMONICS : 0)
  const f = new Float64Array(n)
  const write = (of: Float64Array, t: number): void => writeRow(of, t, lags, unit, season, f)

  const first = rows.from + (lags.at(-1) ?? 0)
  const origins = Math.max(0, rows.to - horizon - first)
  const most = Math.min(MOST_ORIGINS, Math.floor(MOST_PRODUCTS / (n * (n + horizon))))
  const stride = strideOf(origins, most, season)
  const A = new Float64Array(n * n)
  const W = new Float64Array(n * horizon)
  const y = new Float64Array(horizon)
  for (let t = first; t < first + origins; t += stride) {
    write(values, t)
    for (let h = 0; h < horizon; h++) y[h] = (values[t + 1 + h] - values[t]) / unit
    for (let i = 0; i < n; i++) {
      const v = f[i]
      for (let j = 0; j <= i; j++) A[i * n + j] += v * f[j]
      for (let h = 0; h < horizon; h++) W[i * horizon + h] += v * y[h]
    }
    await pace.rest()
  }
  for (let i = 0; i < n; i++) A[i * n + i] += PENALTY
  solveCholesky(A, W, n, horizon)

  return {
    forecast(of, t, mean) {
      write(of, t)
      mean.fill(0)
      for (let i = 0; i < n; i++) {
        const v = f[i]
        for (let h = 0; h < horizon; h++) mean[h] += v * W[i * horizon + h]
      }
      for (let h = 0; h < horizon; h++) mean[h] = of[t] + unit * mean[h]
    },
  }
}

/** Ages of the values that are inputs, in rows, rising; those that so few origins can teach are left out. */
export function ridgeLags(season: number, origins: number): number[] {
  const lags = new Set(Array.from({ length: NEWEST }, (_, j) => j + 1))
  if (season > 1) {
    const p = season
    if (p > 2 * NEWEST) for (const part of PARTS) lags.add(Math.round(part * p))
    for (const lag of [p - 2, p - 1, p, p + 1, 2 * p - 1, 2 * p, 3 * p, 7 * p - 1, 7 * p]) lags.add(lag)
  }
  return [...lags].filter((lag) => lag > 0 && lag <= LONGEST * origins).sort((a, b) => a - b)
}

function writeRow(
  values: Float64Array,
  t: number,
  lags: readonly number[],
  unit: number,
  season: number,
  f: Float64Array,
): void {
  const last = values[t]
  let i = 0
  for (const lag of lags) f[i++] = (values[Math.max(t - lag, 0)] - last) / unit
  f[i++] = 1
  if (season < 2) return
  for (let k = 1; k <= HARMONICS; k++) {
    const angle = (2 * Math.PI * k * (t % season)) / season
    f[i++] = Math.sin(angle)
    f[i++] = Math.cos(angle)
  }
}
