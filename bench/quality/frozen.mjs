// The model as it was fitted, without learning on.
import { backtest } from '../lib/backtest.mjs'
import { now, percent } from '../lib/figures.mjs'
import {
  average,
  checkForecasts,
  coverageOf,
  naive,
  seasonalNaive,
  standardOf,
  stepErrors,
  written,
} from '../lib/forecastScores.mjs'
import { HORIZON, histories, pathOf, readHistory } from '../lib/histories.mjs'
import { atMost, digits } from '../lib/results.mjs'
import { quartiles } from '../lib/stats.mjs'

const MOST_PARAMETERS = 150_000
/** A fit may take this long on one thread; [must, stretch] for ETTh1, of which the first is the PyTorch prototype's. */
const MOST_SECONDS = 600
const SECONDS_ETTH1 = [42, 21]
/** Between the scores computed here and those of the package, which has not rounded its forecasts to float32. */
const LARGEST_DIFFERENCE = 1e-5

/** Measures each set; `keep` takes what it gave. */
export function measure({ data, sets, seeds, say }, keep) {
  for (const history of histories.filter(({ name }) => sets.includes(name))) {
    const columns = readHistory(pathOf(data, history), history)
    const runs = seeds.map((seed) => {
      const run = measureOne(history, columns, pathOf(data, history), seed)
      say(
        `${history.name}, frozen, seed ${seed}: MSE ${precise(run.mse)}, MAE ${precise(run.mae)}, interval ${percent(run.coverage)} %, fit in ${digits(run.fitSeconds)} s, all in ${digits(run.seconds)} s`,
      )
      return run
    })
    keep(history.name, { date: now(), runs })
  }
}

function measureOne({ columns: names, rows, day, time }, columns, path, seed) {
  const options = { time, columns: names, horizon: HORIZON, rows, mode: 'frozen', seed }
  const { meta, seconds, ...forecasts } = backtest(path, options)
  checkForecasts(forecasts, columns, rows.test, HORIZON)
  const deviations = columns.map((values) => standardOf(values, rows.fit).deviation)
  const score = (open) => {
    const { squares, sizes } = stepErrors(columns, deviations, forecasts.origins.values, HORIZON, open)
    return { mse: average(squares.map(average)), mae: average(sizes.map(average)) }
  }
  const { mse, mae } = score(written(forecasts.mean))
  return {
    seed,
    mse,
    mae,
    coverage: coverageOf(columns, forecasts),
    naive: score(naive(columns)),
    seasonal: score(seasonalNaive(columns, day)),
    difference: Math.max(Math.abs(mse - meta.scores.forecast.mse), Math.abs(mae - meta.scores.forecast.mae)),
    parameters: meta.parameters,
    model: `${meta.model.hiddenSize}/${meta.model.segment}, ${meta.model.scale}`,
    fitSeconds: meta.fitSeconds,
    stepSeconds: meta.stepSeconds,
    seconds,
  }
}

/** @param measured by set */
export function report(measured) {
  const known = histories.filter(({ name }) => measured[name])
  const all = known.flatMap(({ name }) => measured[name].runs)
  const of = (name, what) => quartiles(measured[name].runs.map(what))
  const median = (name, what) => of(name, what).median
  return {
    figures: [],
    targets: [
      ...known.flatMap(({ name, mse, mae }) => [
        ...errorTargets(
          name,
          'MSE',
          mse,
          of(name, (run) => run.mse),
        ),
        ...errorTargets(
          name,
          'MAE',
          mae,
          of(name, (run) => run.mae),
        ),
        atMost(`${name}, weights`, MOST_PARAMETERS, { median: median(name, (run) => run.parameters) }, ''),
        atMost(
          `${name}, fit on one thread`,
          MOST_SECONDS,
          of(name, (run) => run.fitSeconds),
          's',
        ),
        ...(name === 'ETTh1' ? SECONDS_ETTH1 : []).map((seconds, i) =>
          atMost(
            `${name}, fit on one thread, against ${i === 0 ? 'the PyTorch prototype' : 'half of its time (stretch)'}`,
            seconds,
            of(name, (run) => run.fitSeconds),
            's',
          ),
        ),
      ]),
      atMost(
        'Largest difference between the scores computed here and those of the package',
        LARGEST_DIFFERENCE,
        { median: Math.max(...all.map(({ difference }) => difference)) },
        '',
      ),
    ],
    tables: [
      {
        title: `Frozen, errors of ${HORIZON} steps ahead, medians over the seeds, and of simple forecasts:`,
        columns: [
          '',
          'MSE',
          'MAE',
          'naive MSE',
          'naive MAE',
          'seasonal naive MSE',
          'seasonal naive MAE',
          'inside the interval, %',
        ],
        rows: known.map(({ name }) => [
          name,
          ...[
            (run) => run.mse,
            (run) => run.mae,
            (run) => run.naive.mse,
            (run) => run.naive.mae,
            (run) => run.seasonal.mse,
            (run) => run.seasonal.mae,
          ].map((what) => precise(median(name, what))),
          percent(median(name, (run) => run.coverage)),
        ]),
      },
      {
        title: 'Each frozen run:',
        columns: [
          '',
          'MSE',
          'MAE',
          'inside, %',
          'hidden/segment, scale',
          'weights',
          'fit, s',
          'forecasts, s',
          'whole command, s',
          'measured, UTC',
        ],
        rows: known.flatMap(({ name }) =>
          measured[name].runs.map((run) => [
            `${name}, seed ${run.seed}`,
            precise(run.mse),
            precise(run.mae),
            percent(run.coverage),
            run.model,
            digits(run.parameters),
            ...[run.fitSeconds, run.stepSeconds, run.seconds].map(digits),
            measured[name].date,
          ]),
        ),
      },
    ],
    notes: [
      `Frozen: the backtest of the command line on one thread with default settings, ${HORIZON} steps ahead; every row of the test part is an origin.`,
    ],
  }
}

function errorTargets(name, error, [must, stretch], found) {
  const figure = `${name}, ${error} at ${HORIZON} steps`
  return [
    atMost(figure, must, found, '', precise),
    atMost(`${figure} (stretch)`, stretch, found, '', precise),
  ]
}

const precise = (value) => value.toFixed(4)
