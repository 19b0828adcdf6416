// Whether anything after a row changes what is issued at it.
import { backtest } from '../lib/backtest.mjs'
import { withTable } from '../lib/csv.mjs'
import { judged, now } from '../lib/figures.mjs'
import { histories, pathOf, readHistory } from '../lib/histories.mjs'

const SET = 'ETTh1'
const HORIZON = 24
const ROWS = { fit: [0, 1000], validate: [1000, 1300], test: [1300, 2000] }
/** The last row that is the same. */
const LAST = 1700
const MODES = ['frozen', 'stream', 'cold']
const ARRAYS = ['mean', 'lower', 'upper']

export function measure({ data, sets, seeds, say }, keep) {
  const history = histories.find(({ name }) => name === SET)
  if (!sets.includes(SET)) return
  const columns = readHistory(pathOf(data, history), history).map((values) => values.slice(0, ROWS.test[1]))
  const others = columns.map((values) => values.map((value, row) => (row > LAST ? 50 - 3 * value : value)))
  for (const mode of MODES) {
    const [first, other] = [columns, others].map((table) =>
      withTable(history.columns, table, (path) =>
        backtest(path, { columns: history.columns, horizon: HORIZON, rows: ROWS, mode, seed: seeds[0] }),
      ),
    )
    const same = LAST - first.origins.values[0] + 1
    const result = {
      date: now(),
      fits: first.meta.fits,
      origins: same,
      changed: ARRAYS.reduce((sum, name) => sum + changedIn(first[name], other[name], 0, same), 0),
      changedAfter: ARRAYS.reduce(
        (sum, name) => sum + changedIn(first[name], other[name], same, Infinity),
        0,
      ),
    }
    say(
      `${SET}, leak, ${mode}: of ${same} origins up to row ${LAST} ${result.changed} numbers changed, of later ones ${result.changedAfter}; ${result.fits} fits`,
    )
    keep(mode, result)
  }
}

/** How many numbers of some origins differ, bit by bit. */
export function changedIn(a, b, from, to) {
  const width = a.shape[1] * a.shape[2]
  const [left, right] = [a, b].map(({ values }) => {
    const part = values.slice(from * width, Math.min(to * width, values.length))
    return new Uint32Array(part.buffer)
  })
  return left.reduce((sum, bits, i) => sum + (bits === right[i] ? 0 : 1), 0)
}

/** @param measured by mode */
export function report(measured) {
  const known = MODES.filter((mode) => measured[mode])
  if (known.length === 0) return { figures: [], targets: [], tables: [], notes: [] }
  const changed = known.reduce((sum, mode) => sum + measured[mode].changed, 0)
  const seen = known.every((mode) => measured[mode].changedAfter > 0)
  return {
    figures: [
      judged(
        `No leak (${known.join(', ')}): numbers issued up to a row that change with what comes after`,
        `${changed}`,
        {
          must: { text: '0', met: changed === 0 && seen },
          stretch: null,
        },
      ),
    ],
    targets: [],
    tables: [
      {
        title: `Leak: ${SET}, its first ${ROWS.test[1]} rows, other values after row ${LAST}:`,
        columns: [
          '',
          'origins up to that row',
          'numbers changed',
          'changed after it',
          'fits',
          'measured, UTC',
        ],
        rows: known.map((mode) => {
          const { origins, changed, changedAfter, fits, date } = measured[mode]
          return [mode, ...[origins, changed, changedAfter, fits].map(String), date]
        }),
      },
    ],
    notes: [],
  }
}
