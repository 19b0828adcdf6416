import type { Forecast, Outcome } from '../../src/forecast/types.ts'

/** A forecast of two steps. */
export function forecastOf(key: string, last: number, flagged = false): Forecast {
  const interval = { lower: [last - 1, last - 2], upper: [last + 1, last + 2] }
  return {
    key,
    cutoff: 0,
    period: 1000,
    last,
    mean: [last, last + 1],
    ...interval,
    coverage: 0.9,
    measuredCoverage: null,
    intervals: [{ ...interval, coverage: 0.9, measuredCoverage: null }],
    model: 'naive',
    reason: '',
    experts: [{ name: 'naive', share: 1 }],
    anomaly: { expected: last, lower: last - 1, upper: last + 1, likelihood: 0.5, flagged },
    skill: null,
    device: 'none',
    deviceReason: 'no GRU yet',
    counts: { accepted: 1, duplicate: 0, extra: 0, late: 0, ahead: 0, invalid: 0, filled: 0, restarts: 0 },
  }
}

export function forecast(key: string, last: number, flagged = false): Outcome<number> {
  return { source: last, key, forecast: forecastOf(key, last, flagged) }
}

export function skipped(key: string, reason: 'late' | 'invalid', message = ''): Outcome<number> {
  const error = reason === 'invalid' ? new TypeError(message) : undefined
  return { source: 0, key, skipped: { reason, message, error } }
}
