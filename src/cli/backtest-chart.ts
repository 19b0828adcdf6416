import type { BacktestOptions, OriginForecasts } from '../forecast/backtest/types.ts'
import type { Table } from '../table/types.ts'
import { drawForecasts } from './chart.ts'

/** Columns that are drawn. */
const DRAWN = 6
/** Rows before the forecast that are shown: times the horizon, and at least. */
const BEFORE_HORIZONS = 2
const BEFORE_LEAST = 48

/** The newest forecasts of the first columns. */
export interface Newest {
  /** Takes them over; they are copied. */
  keep(forecasts: OriginForecasts): void
  /** They and what was measured, as an SVG. */
  draw(title: string): string
}

export function createNewest(
  table: Table,
  { horizon, coverage }: Required<Pick<BacktestOptions, 'horizon' | 'coverage'>>,
): Newest {
  const drawn = table.columns.slice(0, DRAWN)
  const width = drawn.length * horizon
  const [mean, lower, upper] = Array.from({ length: 3 }, () => new Float32Array(width))
  let origin = 0
  return {
    keep(forecasts) {
      origin = forecasts.origin
      mean.set(forecasts.mean.subarray(0, width))
      lower.set(forecasts.lower.subarray(0, width))
      upper.set(forecasts.upper.subarray(0, width))
    },
    draw(title) {
      const from = Math.max(0, origin - Math.max(BEFORE_HORIZONS * horizon, BEFORE_LEAST))
      const panels = drawn.map(({ name, values }, c) => {
        const part = (steps: Float32Array): Float32Array => steps.subarray(c * horizon, (c + 1) * horizon)
        const truth = values.subarray(from, origin + 1 + horizon)
        return { name, truth, mean: part(mean), lower: part(lower), upper: part(upper) }
      })
      const interval = `${Number((100 * coverage).toPrecision(4))} % interval`
      return drawForecasts({ title, interval, panels, from, origin, times: table.times })
    },
  }
}
