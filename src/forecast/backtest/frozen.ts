import type { DeviceChoice } from '../../engine/device.ts'
import type { SegmentModel } from '../../learn/segment/types.ts'
import type { Column, Rows } from '../../table/types.ts'
import { fillColumn } from './columns.ts'
import { createCalibration, mostOrigins } from './conformal.ts'
import type { Pace } from './pace.ts'
import { originsOf, strideOf } from './rows.ts'
import { type Walked, walk } from './walk.ts'

/** Forecasts in float64, as {@link import('./types.ts').OriginForecasts}. */
export interface Issued {
  readonly origin: number
  readonly mean: Float64Array
  readonly lower: Float64Array
  readonly upper: Float64Array
}

/** How the forecasts of a mode came about. */
export interface Ran extends Walked {
  /** The model that forecast last; null if none was ever fitted. */
  readonly model: SegmentModel | null
  /** Fits while rows went by. */
  readonly refits: number
}

export interface FrozenOptions {
  /** First row that is stepped. */
  readonly from: number
  readonly validate: Rows
  readonly test: Rows
  readonly coverage: number
  readonly season: number
  readonly device: DeviceChoice
  readonly pace: Pace
  /** Hears what share of the rows is done. */
  readonly meter: (share: number) => void
}

/**
 * Forecasts the test rows with a model that no longer learns. How wide its intervals have to be is measured on the
 * origins whose steps all lie in the validation rows, and then held.
 */
export async function forecastFrozen(
  model: SegmentModel,
  columns: readonly Column[],
  { from, validate, test, coverage, season, device, pace, meter }: FrozenOptions,
  emit: (issued: Issued) => void | Promise<void>,
): Promise<Ran> {
  const { horizon } = model.spec
  const shown = { from, to: test.to }
  const within = (rows: Rows): Rows => {
    const origins = originsOf(rows, horizon)
    return { from: Math.max(origins.from - from, 0), to: origins.to - from }
  }
  const judged = within(validate)
  const tested = within(test)
  const count = Math.max(0, judged.to - judged.from)
  const stride = strideOf(count, mostOrigins(columns.length, horizon), season)
  const truths = columns.map(({ values }) => values.subarray(from, validate.to))
  const calibration = createCalibration(truths, horizon, coverage, Math.ceil(count / stride))
  let factors: Float64Array | null = null
  const lower = new Float64Array(columns.length * horizon)
  const upper = new Float64Array(lower.length)

  const walked = await walk(
    model,
    columns.map((column) => fillColumn(column, shown)),
    {
      wanted: (row) =>
        (row >= tested.from && row < tested.to) ||
        (row >= judged.from && row < judged.to && (row - judged.from) % stride === 0),
      last: tested.to - 1,
      device,
      pace,
      meter,
      emit(step) {
        if (step.origin < tested.from) {
          calibration.add(step)
          return
        }
        factors ??= calibration.factors()
        const { mean, below, above } = step
        for (let i = 0; i < mean.length; i++) {
          lower[i] = mean[i] - factors[i] * below[i]
          upper[i] = mean[i] + factors[i] * above[i]
        }
        return emit({ origin: step.origin + from, mean, lower, upper })
      },
    },
  )
  return { ...walked, model, refits: 0 }
}
