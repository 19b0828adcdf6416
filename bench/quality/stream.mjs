// The model that goes on learning row by row: errors, also those of simple methods, and intervals.
import { backtest } from '../lib/backtest.mjs'
import { now, percent, short } from '../lib/figures.mjs'
import {
  checkForecasts,
  intervalScores,
  naive,
  seasonalNaive,
  standardOf,
  stepErrors,
  upTo,
  written,
} from '../lib/forecastScores.mjs'
import { HORIZON, histories, LITTLE_HORIZON, pathOf, readHistory } from '../lib/histories.mjs'
import { digits } from '../lib/results.mjs'
import { ridge } from '../lib/rls.mjs'

/** Steps that intervals are scored at. */
const STEPS = [1, 24, 96]
export const COVERAGE = 0.9
/** Of the ridge regressions that are held against. */
export const LAMBDAS = [0.9999, 0.9995]

/** What is run: the sets with all of their history, the quick ones first, then those with little. */
export const runs = [
  ...['ETTh1', 'WTH', 'ETTm1'].map((set) => {
    const history = histories.find(({ name }) => name === set)
    return { name: set, history, rows: history.rows, horizon: HORIZON, bars: history.stream, little: false }
  }),
  ...['ETTm1', 'ETTh1', 'WTH'].map((set) => {
    const history = histories.find(({ name }) => name === set)
    const { little: rows, littleStream: bars = null } = history
    return { name: `${set} 20/5/75`, history, rows, horizon: LITTLE_HORIZON, bars, little: true }
  }),
]

export function measure({ data, sets, seeds, say }, keep) {
  for (const run of runs.filter(({ history }) => sets.includes(history.name))) {
    const path = pathOf(data, run.history)
    const columns = readHistory(path, run.history)
    const standards = columns.map((values) => standardOf(values, run.rows.fit))
    const simple = measureSimple(run, columns, standards)
    say(`${run.name}, ridge λ ${LAMBDAS[0]}: MSE ${simple[`ridge ${LAMBDAS[0]}`].mse.map(short).join('/')}`)
    const measured = seeds.map((seed) => {
      const one = measureOne(run, columns, standards, simple.naive, path, seed)
      say(
        `${run.name}, stream, seed ${seed}: MSE ${one.mse.map(short).join('/')}, worst of naive ${one.worst.map(({ ratio }) => short(ratio)).join('/')}, inside ${one.intervals.map(({ coverage }) => percent(coverage)).join('/')} %, Winkler ${one.intervals.map(({ winkler }) => short(winkler)).join('/')}, all in ${digits(one.seconds)} s`,
      )
      return one
    })
    keep(run.name, { date: now(), simple, runs: measured })
  }
}

/** Horizons that errors are means up to. */
const endsOf = (horizon) => [1, 24, horizon]

/** MSE of each method up to each end, pooled and of each stream. */
function errorsOf({ rows, horizon }, columns, standards, open) {
  const deviations = standards.map(({ deviation }) => deviation)
  const [from, to] = rows.test
  const origins = Int32Array.from({ length: to - from - horizon + 1 }, (_, i) => from - 1 + i)
  const { squares, sizes } = stepErrors(columns, deviations, origins, horizon, open)
  const ends = endsOf(horizon)
  return {
    mse: ends.map((end) => upTo(squares, end)),
    mae: ends.map((end) => upTo(sizes, end)),
    streams: squares.map((steps) => ends.map((end) => upTo([steps], end))),
  }
}

function measureSimple(run, columns, standards) {
  const methods = {
    naive: naive(columns),
    'seasonal naive': seasonalNaive(columns, run.history.day),
    ...Object.fromEntries(
      LAMBDAS.map((lambda) => [`ridge ${lambda}`, ridge(columns, standards, run.history.day, lambda)]),
    ),
  }
  return Object.fromEntries(
    Object.entries(methods).map(([name, open]) => [name, errorsOf(run, columns, standards, open)]),
  )
}

function measureOne(run, columns, standards, naiveErrors, path, seed) {
  const { rows, horizon, history } = run
  const options = { time: history.time, columns: history.columns, horizon, rows, mode: 'stream', seed }
  const { meta, seconds, ...forecasts } = backtest(path, options)
  checkForecasts(forecasts, columns, rows.test, horizon)
  const { mse, mae, streams } = errorsOf(run, columns, standards, written(forecasts.mean))
  const deviations = standards.map(({ deviation }) => deviation)
  return {
    seed,
    mse,
    mae,
    worst: mse.map((_, i) => worstOf(streams, naiveErrors.streams, history.columns, i)),
    intervals: STEPS.filter((step) => step <= horizon).map((step) => ({
      step,
      ...intervalScores(columns, deviations, forecasts, step, {
        // The first ones are left to intervals to find their widths.
        skip: Math.max(600, step + 200),
        alpha: 1 - COVERAGE,
      }),
    })),
    difference: Math.abs(mse.at(-1) - meta.scores.forecast.mse),
    fits: meta.fits,
    fitSeconds: meta.fitSeconds,
    stepSeconds: meta.stepSeconds,
    seconds,
  }
}

/** The largest ratio to naive of any stream. */
function worstOf(streams, naiveStreams, names, i) {
  const ratios = streams.map((errors, c) => ({ stream: names[c], ratio: errors[i] / naiveStreams[c][i] }))
  return ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a))
}
