// The model that begins with nothing, on the first samples of a stream.
import { backtest } from '../lib/backtest.mjs'
import { withTable } from '../lib/csv.mjs'
import { atMostAll, now, short } from '../lib/figures.mjs'
import { checkForecasts } from '../lib/forecastScores.mjs'
import { anomalous, histories, pathOf, readHistory } from '../lib/histories.mjs'
import { digits } from '../lib/results.mjs'
import { quartiles } from '../lib/stats.mjs'

const HORIZON = 24
const STEPS = [1, HORIZON]
const SAMPLES = 4000
/** Samples after which errors are summed up; the last one by itself. */
const AFTER = [50, 100, 200, 400, 1000]
const LAST = 3900
/** Rows before the first sample that the command asks for, of which a cold model sees none. */
const BEFORE = HORIZON + 2
/** Of the cumulative MSE against naive's: of each n of AFTER [median, p95, max], of LAST the median for each step. */
const MUST = [1, 1.03, 1.05]
const STRETCH = [1, 1.03, 1.01]
const LAST_MUST = [0.93, 0.955]
const LAST_STRETCH = [0.91, 0.94]
/** The set that the series of the Numenta Anomaly Benchmark are named as. */
const ANOMALOUS = 'NAB'

const all = [...histories, ...anomalous]

export function measure({ data, sets, seeds, say }, keep) {
  const chosen = [
    ...histories.filter(({ name }) => sets.includes(name)),
    ...(sets.includes(ANOMALOUS) ? anomalous : []),
  ]
  for (const history of chosen) {
    const read = readHistory(pathOf(data, history), history)
    const columns = read.map((values) => withRowsBefore(values.subarray(0, SAMPLES)))
    const first = BEFORE + 1
    const rows = { fit: [0, BEFORE], validate: [BEFORE, first], test: [first, columns[0].length] }
    const runs = withTable(history.columns, columns, (path) =>
      seeds.map((seed) => {
        const options = { columns: history.columns, horizon: HORIZON, rows, mode: 'cold', seed }
        const { meta, seconds, ...forecasts } = backtest(path, options)
        checkForecasts(forecasts, columns, rows.test, HORIZON)
        const streams = columns.map((values, c) => ({
          name: history.columns[c],
          ratios: Object.fromEntries(STEPS.map((step) => [step, ratiosOf(values, c, forecasts, step)])),
        }))
        say(
          `${history.name}, cold, seed ${seed}: largest ratio to naive ${STEPS.map((step) => short(Math.max(...streams.flatMap(({ ratios }) => Object.values(ratios[step])))))}, ${meta.fits} fits, all in ${digits(seconds)} s`,
        )
        return { seed, streams, fits: meta.fits, seconds }
      }),
    )
    keep(history.name, { date: now(), runs })
  }
}

/** The first sample stands in for the rows before it. */
function withRowsBefore(values) {
  const result = new Float64Array(BEFORE + values.length).fill(values[0])
  result.set(values, BEFORE)
  return result
}

/**
 * Squared errors of one step ahead against those of naive, of all forecasts whose truth is among the first n samples.
 * @returns the ratio by n, for each n that the stream has
 */
export function ratiosOf(values, c, { mean, origins }, step) {
  const [, width, horizon] = mean.shape
  const ratios = {}
  let squares = 0
  let naiveSquares = 0
  for (const [i, origin] of origins.values.entries()) {
    const truth = values[origin + step]
    squares += (mean.values[(i * width + c) * horizon + step - 1] - truth) ** 2
    naiveSquares += (values[origin] - truth) ** 2
    const samples = i + 1 + step
    // A stream that has not moved yet is forecast without error by both.
    if (AFTER.includes(samples) || samples === LAST) {
      ratios[samples] = squares === naiveSquares ? 1 : squares / naiveSquares
    }
  }
  return ratios
}

/** @param measured by name of a history */
export function report(measured) {
  const known = all.filter(({ name }) => measured[name])
  const seeds = [...new Set(known.flatMap(({ name }) => measured[name].runs.map(({ seed }) => seed)))].filter(
    (seed) => known.every(({ name }) => measured[name].runs.some((run) => run.seed === seed)),
  )
  if (seeds.length === 0) return { figures: [], targets: [], tables: [], notes: [] }

  const streamsOf = (seed) =>
    known.flatMap(({ name }) =>
      measured[name].runs
        .find((run) => run.seed === seed)
        .streams.map((stream) => ({ ...stream, file: name })),
    )
  /** Median, 95 % and maximum over the streams, the median of each over the seeds. */
  const spread = (n, step) => {
    const each = seeds.map((seed) => {
      const ratios = streamsOf(seed).flatMap((stream) => stream.ratios[step][n] ?? [])
      return [quartiles(ratios).median, quantile(ratios, 0.95), Math.max(...ratios)]
    })
    return each[0].map((_, i) => quartiles(each.map((numbers) => numbers[i])).median)
  }
  const count = streamsOf(seeds[0]).length
  const table = [...AFTER, LAST].map((n) => ({ n, spreads: STEPS.map((step) => spread(n, step)) }))
  const early = STEPS.map((_, i) =>
    [0, 1, 2].map((which) => Math.max(...table.slice(0, -1).map(({ spreads }) => spreads[i][which]))),
  )
  const last = table.at(-1).spreads.map(([median]) => median)
  const where = ` (${count} streams)`
  return {
    figures: [
      ...STEPS.map((step, i) =>
        atMostAll(
          `Cold start, MSE against naive after 50 to 1,000 samples, step ${step}: median, p95, maximum`,
          early[i],
          MUST,
          STRETCH,
          { where },
        ),
      ),
      atMostAll(
        'Cold start, MSE against naive after 3,900 samples, steps 1, 24: median',
        last,
        LAST_MUST,
        LAST_STRETCH,
        { where },
      ),
    ],
    targets: [],
    tables: [
      {
        title: `Cold start, cumulative MSE against naive of ${count} streams, median/p95/maximum, seeds ${seeds.join()}:`,
        columns: ['samples', ...STEPS.map((step) => `step ${step}`)],
        rows: table.map(({ n, spreads }) => [
          `${n}`,
          ...spreads.map((numbers) => numbers.map(short).join('/')),
        ]),
      },
      {
        title: 'Cold start, the stream of each file with the largest ratio, first seed:',
        columns: ['', 'step 1', 'step 24', 'fits', 'whole command, s', 'measured, UTC'],
        rows: known.map(({ name }) => {
          const run = measured[name].runs.find(({ seed }) => seed === seeds[0])
          return [
            name,
            ...STEPS.map((step) => largest(run.streams, step)),
            `${run.fits}`,
            digits(run.seconds),
            measured[name].date,
          ]
        }),
      },
    ],
    notes: [
      `Cold: the columns of a file are streams of one model, on their first ${SAMPLES} samples (rogue_agent_key_hold has 1,882). All forecasts of that step count whose truth is among the first n samples, naive's where the model gives none yet. The largest of each kind over the numbers of samples is held against its bar.`,
    ],
  }
}

function largest(streams, step) {
  const found = streams
    .flatMap(({ name, ratios }) => Object.entries(ratios[step]).map(([n, ratio]) => ({ name, n, ratio })))
    .reduce((a, b) => (b.ratio > a.ratio ? b : a))
  return `${short(found.ratio)} (${found.name}, ${found.n})`
}

/** By linear interpolation between the sorted values. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  return sorted[below] + (place - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below])
}
