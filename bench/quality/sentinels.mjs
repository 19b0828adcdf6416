// What bursts of a value that means "no value" do to the forecasts of their column.
import { backtest } from '../lib/backtest.mjs'
import { withTable } from '../lib/csv.mjs'
import { atMostAll, medians, now, short } from '../lib/figures.mjs'
import { checkForecasts, naive, written } from '../lib/forecastScores.mjs'
import { LITTLE_HORIZON as HORIZON, histories, pathOf, readHistory } from '../lib/histories.mjs'
import { digits } from '../lib/results.mjs'

const SENTINEL = -9999
/** Bursts, in the middle of as many equal parts of the test rows, and values of each. */
const BURSTS = 5
const LENGTH = 10
const SETS = ['ETTh1', 'WTH']
const ENDS = [1, 24, HORIZON]
/** Of the column's MSE against naive's. */
const MUST = [1.2, 1.2, 1.2]
const STRETCH = [1.05, 1.05, 1.05]
/** Which forecasts count: all; those of values that are none; of those again only the ones issued at such values. */
const COUNTED = {
  all: () => true,
  'true values': (truth) => truth !== SENTINEL,
  'true values from true values': (truth, last) => truth !== SENTINEL && last !== SENTINEL,
}

export function measure({ data, sets, seeds, say }, keep) {
  for (const history of histories.filter(({ name }) => SETS.includes(name) && sets.includes(name))) {
    const columns = readHistory(pathOf(data, history), history)
    const last = columns.length - 1
    columns[last] = spoilt(columns[last], history.little.test)
    const runs = withTable(history.columns, columns, (path) =>
      seeds.map((seed) => {
        const options = {
          columns: history.columns,
          horizon: HORIZON,
          rows: history.little,
          mode: 'stream',
          seed,
        }
        const { seconds, ...forecasts } = backtest(path, options)
        checkForecasts(forecasts, columns, history.little.test, HORIZON)
        const ratios = ratiosOf(columns, last, forecasts)
        say(
          `${history.name}, sentinels, seed ${seed}: ${Object.entries(ratios)
            .map(([counted, ratio]) => `${counted} ${ratio.map(short).join('/')}`)
            .join(', ')}, all in ${digits(seconds)} s`,
        )
        return { seed, ratios, seconds }
      }),
    )
    keep(history.name, { date: now(), runs })
  }
}

/** The values with bursts of sentinels in the test rows. */
export function spoilt(values, [from, to]) {
  const result = values.slice()
  for (let burst = 0; burst < BURSTS; burst++) {
    const at = from + Math.round(((burst + 0.5) * (to - from)) / BURSTS)
    result.fill(SENTINEL, at, at + LENGTH)
  }
  return result
}

/** MSE of a column up to each end over naive's, on the same values, by what counts. */
function ratiosOf(columns, c, { mean, origins }) {
  const mse = (open, counts) => squaresOf(columns[c], origins.values, open(c), counts)
  return Object.fromEntries(
    Object.entries(COUNTED).map(([name, counts]) => {
      const forecast = mse(written(mean), counts)
      const simple = mse(naive(columns), counts)
      return [name, forecast.map((error, i) => error / simple[i])]
    }),
  )
}

function squaresOf(values, origins, forecast, counts) {
  const mean = new Float64Array(HORIZON)
  const sums = new Float64Array(HORIZON)
  const met = new Float64Array(HORIZON)
  for (const [i, origin] of origins.entries()) {
    forecast(origin, mean, i)
    for (let h = 0; h < HORIZON; h++) {
      const truth = values[origin + 1 + h]
      if (!counts(truth, values[origin])) continue
      sums[h] += (mean[h] - truth) ** 2
      met[h]++
    }
  }
  const upTo = (array, end) => array.subarray(0, end).reduce((a, b) => a + b)
  return ENDS.map((end) => upTo(sums, end) / upTo(met, end))
}

/** @param measured by set */
export function report(measured) {
  const known = SETS.filter((name) => measured[name])
  const of = (name, counted) => medians(measured[name].runs, ({ ratios }) => ratios[counted])
  return {
    figures: known.map((name) =>
      atMostAll(
        `Sentinels, ${name} 20/5/75, that column's MSE against naive, step 1, 1–24, 1–${HORIZON}`,
        of(name, 'all'),
        MUST,
        STRETCH,
      ),
    ),
    targets: [],
    tables: [
      {
        title: `Sentinels: MSE of their column against naive, step 1, 1–24, 1–${HORIZON}, medians over the seeds:`,
        columns: ['', ...Object.keys(COUNTED), 'measured, UTC'],
        rows: known.map((name) => [
          name,
          ...Object.keys(COUNTED).map((counted) => of(name, counted).map(short).join('/')),
          measured[name].date,
        ]),
      },
    ],
    notes: [
      `Sentinels: ${BURSTS} bursts of ${LENGTH} times ${SENTINEL} in the middles of equal parts of the test rows of the last column; they count as truths, as readings and for naive like any other value, but for the columns of the table that leave them out.`,
    ],
  }
}
