/** What one stream's values and errors of one step have been; numbers and typed arrays, so that it can be saved. */
export interface AnomalyState {
  /** A track (see {@link takeIn}) of the values, and one of the sizes of the errors. */
  readonly values: Float64Array
  readonly errors: Float64Array
  /** How much more surprising than the first alarm the next one must be: 1 or more. */
  bar: number
  /** Readings until an alarm may begin again. */
  rest: number
}

/** How surprising the newest readings are. */
export interface Surprise {
  /** Likelihood that they are no ordinary ones, 0–1. */
  likelihood: number
  /** Whether an alarm begins here. */
  flagged: boolean
}

/** Newest values and newest errors whose means are compared with the long run. */
const RECENT_VALUES = 8
const RECENT_ERRORS = 15
/** Neighbours resemble each other: their mean is taken to scatter as that of so many that do not. */
const INDEPENDENT = 4
/** Errors that show what is ordinary. */
const ORDINARY = 150
/** Numbers over which mean and deviation of the long run forget. */
const LONG_RUN = 8000
/** One number is taken to lie at most this many deviations from the mean so far. */
const OUTLIER = 20
/** Standard deviations of a normal distribution in the median of the distances from its middle. */
const DEVIATION_OF_MEDIAN = 1.4826
/** A deviation below this share of the values is rounding. */
const ROUNDING = 1e-9
/** Readings after an alarm in which none begins. */
const REFRACTORY = 100
/** Each alarm raises the bar for the next by this factor, and so many readings let it sink again. */
const RAISED = 1.3
const SINKS = 5000
/** Likelihood from which on it is an alarm: fitted on the public files of NAB, one for all. */
const ALARM = 0.98

/** Places in a track, before its newest numbers. */
const COUNT = 0
const MEAN = 1
const VARIANCE = 2
const RECENT = 3

export function startAnomaly(): AnomalyState {
  return {
    values: new Float64Array(RECENT + RECENT_VALUES),
    errors: new Float64Array(RECENT + RECENT_ERRORS),
    bar: 1,
    rest: 0,
  }
}

/**
 * Takes one value and what was forecast for it one step before. Errors of late that are larger than usual, and values
 * of late away from the usual, are both measured in standard deviations of the long run; the likelihood is the share
 * of a normal distribution over the plane that lies nearer to its centre (in the manner of Ahmad et al. 2017,
 * Neurocomputing 262:134–147). What comes again and again is ordinary: with each alarm both must be larger for the next.
 *
 * @param value finite
 * @param expected the forecast; NaN: there was none, and no alarm begins here
 * @param alarm likelihood from which on it is an alarm
 * @returns null until 150 errors have shown what is ordinary
 */
export function learnAnomaly(
  state: AnomalyState,
  value: number,
  expected: number,
  alarm: number = ALARM,
): Surprise | null {
  const { values, errors } = state
  takeIn(values, value)
  const error = Math.abs(value - expected)
  if (Number.isFinite(error)) takeIn(errors, error)
  if (state.rest > 0) state.rest--
  state.bar += (1 - state.bar) / SINKS
  if (errors[COUNT] < ORDINARY) return null
  const least = ROUNDING * (Math.abs(values[MEAN]) + Math.sqrt(values[VARIANCE]))
  const away = Math.hypot(deviations(values, least), Math.max(deviations(errors, least), 0)) / state.bar
  const likelihood = 1 - Math.exp((-INDEPENDENT * away * away) / 2)
  const flagged = likelihood >= alarm && state.rest === 0 && Number.isFinite(error)
  if (flagged) {
    state.rest = REFRACTORY
    state.bar *= RAISED
  }
  return { likelihood, flagged }
}

/**
 * Takes a number into a track: how many there were, their running mean and variance, and the newest as a ring. A wild
 * one counts only in part, so that it does not hide those after it.
 */
function takeIn(track: Float64Array, taken: number): void {
  const recent = track.length - RECENT
  track[RECENT + (track[COUNT] % recent)] = taken
  track[COUNT]++
  if (track[COUNT] === recent) beginRobustly(track)
  else learnLongRun(track, taken)
  // Squares of numbers beyond 1e154 overflow, and would stay.
  if (!Number.isFinite(track[VARIANCE])) track.fill(0)
}

function learnLongRun(track: Float64Array, taken: number): void {
  const most = OUTLIER * Math.sqrt(track[VARIANCE])
  const away = taken - track[MEAN]
  const change = most > 0 ? Math.min(Math.max(away, -most), most) : away
  const share = 1 / Math.min(track[COUNT], LONG_RUN)
  track[MEAN] += share * change
  track[VARIANCE] += share * ((1 - share) * change * change - track[VARIANCE])
}

/** Mean and variance by the medians of the first numbers, which a few wild ones do not move. */
function beginRobustly(track: Float64Array): void {
  const first = track.slice(RECENT)
  track[MEAN] = median(first)
  track[VARIANCE] = (DEVIATION_OF_MEDIAN * median(first.map((one) => Math.abs(one - track[MEAN])))) ** 2
}

/** The lower one of two; sorts what it is given. */
function median(numbers: Float64Array): number {
  return numbers.sort()[(numbers.length - 1) >> 1]
}

/** Deviations of the long run between the mean of the newest numbers and that of all; 0 where they hardly vary. */
function deviations(track: Float64Array, least: number): number {
  const deviation = Math.sqrt(track[VARIANCE])
  if (deviation <= least) return 0
  const recent = track.length - RECENT
  let mean = 0
  for (let i = RECENT; i < track.length; i++) mean += track[i] / recent
  return (mean - track[MEAN]) / deviation
}
