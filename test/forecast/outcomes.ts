import type { Forecast, Skip, SkipReason } from '../../src/forecast/types.ts'

const noCounts = {
  accepted: 0,
  duplicate: 0,
  extra: 0,
  late: 0,
  ahead: 0,
  invalid: 0,
  filled: 0,
  restarts: 0,
}

/** A forecast made by hand: of one step, at time 1000, of the value 0, unless told otherwise. */
export function forecastOf(told: Omit<Partial<Forecast>, 'counts'> & { counts?: object } = {}): Forecast {
  const { last = 0, mean = [0], coverage = 0.9, measuredCoverage = null, cutoff = 1000, period = 1000 } = told
  const { lower = mean.map((value) => value - 1), upper = mean.map((value) => value + 1) } = told
  return {
    key: '',
    model: 'naive',
    reason: 'made by hand',
    experts: [{ name: 'naive', share: 1 }],
    anomaly: null,
    skill: null,
    device: 'none',
    deviceReason: 'made by hand',
    intervals: [{ coverage, measuredCoverage, lower, upper }],
    ...told,
    last,
    mean,
    lower,
    upper,
    coverage,
    measuredCoverage,
    cutoff,
    period,
    counts: { ...noCounts, accepted: cutoff / period, ...told.counts },
  }
}

export const skipOf = (reason: SkipReason): Skip => ({ reason, message: 'made by hand' })
