// How good forecasts are: public histories through `gruflow backtest`, scored from the files that it writes.
// npm run bench:quality -- --data DIR [--only frozen,stream,sentinels,cold,leak] [--sets ETTh1,WTH] [--seeds 1,2,3]
import { parseArgs } from 'node:util'
import { figureTable, judged, targetsOf } from './lib/figures.mjs'
import { detailsOf, writeResults } from './lib/results.mjs'
import * as cold from './quality/cold.mjs'
import * as frozen from './quality/frozen.mjs'
import * as leak from './quality/leak.mjs'
import * as sentinels from './quality/sentinels.mjs'
import * as stream from './quality/stream.mjs'
import * as streamReport from './quality/streamReport.mjs'

const PART = 'quality'
const SEEDS = '1,2,3'
const SETS = ['ETTh1', 'WTH', 'ETTm1', 'NAB']
/** In the order of the report; what is quick comes first when it is measured. */
const PARTS = {
  frozen,
  stream: { ...stream, ...streamReport },
  sentinels,
  cold,
  leak,
}
const MEASURED = ['leak', 'frozen', 'cold', 'sentinels', 'stream']

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    only: { type: 'string', default: MEASURED.join() },
    sets: { type: 'string', default: SETS.join() },
    seeds: { type: 'string', default: SEEDS },
  },
})
if (!options.data) refuse('--data names the folder of the histories')
const only = chosenOf('only', MEASURED)
const sets = chosenOf('sets', SETS)
if (!/^\d+(,\d+)*$/.test(options.seeds))
  refuse(`--seeds are whole numbers with commas, got '${options.seeds}'`)
const seeds = options.seeds.split(',').map(Number)

const measured = { ...detailsOf(PART) }
for (const part of MEASURED.filter((name) => only.includes(name))) {
  PARTS[part].measure({ data: options.data, sets, seeds, say: console.log }, (name, found) => {
    measured[part] = { ...measured[part], [name]: found }
    report()
  })
}

/** Writes what has been measured by now, earlier runs included. */
function report() {
  const reports = Object.entries(PARTS)
    .filter(([name]) => measured[name])
    .map(([name, part]) => part.report(measured[name]))
  const own = reports.flatMap((one) => one.figures)
  const figures = [...own, ...anomalyFigures()]
  writeResults(PART, {
    command: [
      'npm run bench:quality -- --data …',
      ...['only', 'sets', 'seeds'].filter(isGiven).map((name) => `--${name} ${options[name]}`),
    ].join(' '),
    targets: [...targetsOf(own), ...reports.flatMap(({ targets }) => targets)],
    tables: [
      ...(figures.length > 0 ? [figureTable(figures)] : []),
      ...reports.flatMap(({ tables }) => tables),
    ],
    notes: [
      ...reports.flatMap(({ notes }) => notes),
      'Errors are computed from the written arrays and the CSV by a reader and scores of this folder, on columns standardised by mean and population deviation of the fit rows. Figures are medians over the seeds. Intervals are meant to hold 90 %. Seasonal naive is the newest known value of the same time of day. Seconds are those of the clock on the wall.',
    ],
    details: measured,
  })
}

/** The score of the part `nab`, where it has been measured; its targets are that part's. */
function anomalyFigures() {
  const score = detailsOf('nab')?.standard
  if (!Number.isFinite(score)) return []
  const bar = (least) => ({ text: `≥ ${least}`, met: score >= least })
  return [judged('NAB score, standard profile', score.toFixed(1), { must: bar(58), stretch: bar(71) })]
}

/** The names in an option, all of which must be known. */
function chosenOf(option, known) {
  const names = options[option].split(',')
  const other = names.find((name) => !known.includes(name))
  if (other !== undefined) refuse(`--${option} has no '${other}'; there are ${known.join(', ')}`)
  return names
}

function isGiven(name) {
  return process.argv.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
}

function refuse(sentence) {
  console.error(sentence)
  process.exit(2)
}
