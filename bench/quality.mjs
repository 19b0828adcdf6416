// How good forecasts are: public histories through `gruflow backtest`, scored from the files that it writes.
// npm run bench:quality -- --data DIR [--sets ETTh1,WTH] [--seeds 1,2,3]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { scoreForecasts } from './lib/forecastScores.mjs'
import { HORIZON, histories, readHistory } from './lib/histories.mjs'
import { readNpy } from './lib/npy.mjs'
import { atMost, detailsOf, digits, writeResults } from './lib/results.mjs'
import { quartiles } from './lib/stats.mjs'

const PART = 'quality'
const COMMAND_LINE = fileURLToPath(new URL('../dist/src/cli/gruflow.js', import.meta.url))
const SEEDS = '1,2,3'
const MOST_PARAMETERS = 150_000
/** A fit may take this long on one thread; [must, stretch] for ETTh1, of which the first is the PyTorch prototype's. */
const MOST_SECONDS = 600
const SECONDS_ETTH1 = [42, 21]
/** Between the scores computed here and those of the package, which has not rounded its forecasts to float32. */
const LARGEST_DIFFERENCE = 1e-5

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    sets: { type: 'string', default: histories.map(({ name }) => name).join() },
    seeds: { type: 'string', default: SEEDS },
  },
})
if (!options.data) refuse('--data names the folder of the histories')
const sets = options.sets.split(',').map((name) => {
  const history = histories.find((one) => one.name === name)
  return (
    history ?? refuse(`there is no set ${name}; the sets are ${histories.map((one) => one.name).join(', ')}`)
  )
})
if (!/^\d+(,\d+)*$/.test(options.seeds))
  refuse(`--seeds are whole numbers with commas, got '${options.seeds}'`)
const seeds = options.seeds.split(',').map(Number)

const measured = { ...detailsOf(PART)?.measured }
for (const history of sets) {
  measured[history.name] = measure(history)
  report()
}

/** All seeds of a set. */
function measure(history) {
  const path = join(options.data, `${history.name}.csv.gz`)
  const columns = readHistory(path, history)
  const runs = []
  for (const seed of seeds) {
    const run = backtest(history, columns, path, seed)
    console.log(
      `${history.name}, seed ${seed}: MSE ${precise(run.mse)}, MAE ${precise(run.mae)}, interval ${percent(run.coverage)} %, fit in ${digits(run.fitSeconds)} s, all in ${digits(run.seconds)} s`,
    )
    runs.push(run)
  }
  return { date: new Date().toISOString().slice(0, 16).replace('T', ' '), runs }
}

/** One backtest, as a user runs it. */
function backtest(history, columns, path, seed) {
  const { fit, validate, test } = history.rows
  const folder = mkdtempSync(join(tmpdir(), 'gruflow-quality-'))
  const given = {
    time: 'date',
    columns: history.columns.join(),
    horizon: HORIZON,
    fit: fit.join(':'),
    validate: validate.join(':'),
    test: test.join(':'),
    mode: 'frozen',
    threads: 1,
    seed,
    out: folder,
  }
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`])
  try {
    const begun = performance.now()
    const { status, error } = spawnSync(process.execPath, [COMMAND_LINE, 'backtest', path, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const seconds = (performance.now() - begun) / 1000
    if (error) throw error
    if (status !== 0) throw new Error(`the backtest of ${history.name} with seed ${seed} failed`)
    const [mean, lower, upper, origins] = ['mean', 'lower', 'upper', 'origins'].map((name) =>
      readNpy(join(folder, `${name}.npy`)),
    )
    const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))
    const scores = scoreForecasts(columns, { mean, lower, upper, origins }, { ...history, horizon: HORIZON })
    return {
      seed,
      ...scores,
      difference: Math.max(
        Math.abs(scores.mse - meta.scores.forecast.mse),
        Math.abs(scores.mae - meta.scores.forecast.mae),
      ),
      parameters: meta.parameters,
      model: `${meta.model.hiddenSize}/${meta.model.segment}, ${meta.model.scale}`,
      fitSeconds: meta.fitSeconds,
      stepSeconds: meta.stepSeconds,
      seconds,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function report() {
  const known = histories.filter(({ name }) => measured[name])
  const all = known.flatMap(({ name }) => measured[name].runs)
  const of = (name, what) => quartiles(measured[name].runs.map(what))
  const median = (name, what) => of(name, what).median
  writeResults(PART, {
    command: ['npm run bench:quality -- --data …', ...chosen('sets'), ...chosen('seeds')].join(' '),
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
        title: `Errors of ${HORIZON} steps ahead, medians over the seeds, and of simple forecasts:`,
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
        title: 'Each run:',
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
      `The frozen backtest of the command line on one thread with default settings, ${HORIZON} steps ahead; every row of the test part is an origin.`,
      'Errors are computed from the written arrays and the CSV by a reader and scores of this folder, on columns standardised by mean and population deviation of the fit rows, over all columns and steps.',
      'Intervals are meant to hold 90 %.',
      'Seasonal naive is the newest known value of the same time of day.',
      'Seconds are those of the clock on the wall.',
    ],
    details: { measured },
  })
}

function errorTargets(name, error, [must, stretch], found) {
  const figure = `${name}, ${error} at ${HORIZON} steps`
  return [
    atMost(figure, must, found, '', precise),
    atMost(`${figure} (stretch)`, stretch, found, '', precise),
  ]
}

/** An option as it was given, if it was. */
function chosen(name) {
  return process.argv.some((arg) => arg.startsWith(`--${name}`)) ? [`--${name} ${options[name]}`] : []
}

function precise(value) {
  return value.toFixed(4)
}

function percent(share) {
  return (100 * share).toFixed(1)
}

function refuse(sentence) {
  console.error(sentence)
  process.exit(2)
}
