import { atMostAll, judged, medians, percent, short } from '../lib/figures.mjs'
import { digits } from '../lib/results.mjs'
import { COVERAGE, LAMBDAS, runs } from './stream.mjs'

/** What coverage may miss its target by: pooled, and on each stream at each step. */
const MISSED = 0.01
const STREAM_MISSED = [0.015, 0.02, 0.03]
const STREAM_MISSED_STRETCH = [0.01, 0.01, Number.POSITIVE_INFINITY]
/** Against the best simple method of all streams, and against naive on each: [must, stretch]. */
const POOLED_RATIO = [1.01, 1]
const STREAM_RATIO = [1.02, null]
const LITTLE_STREAM_RATIO = [1.15, 1.05]
/** @param measured by name of a run */
export function report(measured) {
  const known = runs.filter(({ name }) => measured[name])
  const of = (name, what) => medians(measured[name].runs, what)
  return {
    figures: [
      ...known
        .filter(({ bars }) => bars)
        .map(({ name, horizon, bars: [must, stretch] }) =>
          atMostAll(
            `Stream, ${name}, MSE of step 1, 1–24, 1–${horizon}`,
            of(name, (run) => run.mse),
            must,
            stretch,
          ),
        ),
      ...safetyFigures(measured, known),
      ...known
        .filter(({ little, history }) => !little && history.name.startsWith('ETT'))
        .map(({ name }) => coverageFigure(name, measured[name].runs)),
      ...known
        .filter(({ little }) => !little)
        .map(({ name, history }) => winklerFigure(name, measured[name].runs, history.winkler)),
    ],
    targets: [],
    tables: [errorTable(measured, known), intervalTable(measured, known), runTable(measured, known)],
    notes: [
      'Stream: learns on through fit, validation and test rows; with 20/5/75 a fifth of the rows teaches, a twentieth chooses and the rest is tested, 48 steps ahead. Ridge is recursive least squares per stream with forgetting λ, written here and in float64.',
      'Coverage and Winkler scores (width + 20 · distance outside, standardised) leave out the first max(600, h + 200) origins. The worst of naive is the largest ratio of a stream, the median of that over the seeds.',
    ],
  }
}

/** Of each run the largest ratio over the horizons, and of these the largest over the runs. */
function safetyFigures(measured, known) {
  const largest = (some, of) =>
    some
      .map(({ name }) => ({ name, ratio: medians(measured[name].runs, (run) => [of(name, run)])[0] }))
      .reduce((a, b) => (b.ratio > a.ratio ? b : a))
  const pooled = (name, { mse }) =>
    Math.max(
      ...mse.map(
        (error, i) => error / Math.min(...Object.values(measured[name].simple).map((one) => one.mse[i])),
      ),
    )
  const stream = (_, { worst }) => Math.max(...worst.map(({ ratio }) => ratio))
  return [
    ['against the best of naive, seasonal naive and ridge, pooled', known, pooled, POOLED_RATIO],
    ['each stream against naive', known.filter(({ little }) => !little), stream, STREAM_RATIO],
    [
      'each stream against naive, little history',
      known.filter(({ little }) => little),
      stream,
      LITTLE_STREAM_RATIO,
    ],
  ]
    .filter(([, some]) => some.length > 0)
    .map(([what, some, of, [must, stretch]]) => {
      const { name, ratio } = largest(some, of)
      return atMostAll(`Safety, ${what}, MSE`, [ratio], [must], stretch && [stretch], {
        where: ` (${name}, worst of ${some.length})`,
      })
    })
}

const missed = (coverage) => Math.abs(coverage - COVERAGE)
/** By how much each step's coverage misses its target, pooled and on the worst stream. */
const pooledMissed = ({ intervals }) => intervals.map(({ coverage }) => missed(coverage))
const worstMissed = ({ intervals }) => intervals.map(({ columns }) => Math.max(...columns.map(missed)))

function coverageFigure(name, all) {
  const pooled = medians(all, ({ intervals }) => intervals.map(({ coverage }) => coverage))
  const worst = medians(all, worstMissed)
  const holds = (most) => pooled.every((c) => missed(c) <= MISSED) && worst.every((c, i) => c <= most[i])
  return judged(
    `Coverage of 90 % intervals, ${name}, steps 1, 24, 96`,
    `${pooled.map(percent).join('/')} %, worst stream off by ${worst.map(percent).join('/')}`,
    {
      must: { text: '89–91 % pooled, each stream ±1.5/±2/±3', met: holds(STREAM_MISSED) },
      stretch: { text: 'each stream ±1 at steps 1, 24', met: holds(STREAM_MISSED_STRETCH) },
    },
  )
}

function winklerFigure(name, all, [must, stretch]) {
  const winkler = medians(all, ({ intervals }) => intervals.map((one) => one.winkler))
  const met = medians(all, pooledMissed).every((most) => most <= MISSED)
  const where = met ? '' : ', coverage missed'
  return atMostAll(`Winkler score, coverage met, ${name}, steps 1, 24, 96`, winkler, must, stretch, {
    show: (value) => value.toFixed(3),
    where,
    met,
  })
}

function errorTable(measured, known) {
  const joined = (numbers) => numbers.map(short).join('/')
  const simple = ['naive', 'seasonal naive', ...LAMBDAS.map((lambda) => `ridge ${lambda}`)]
  return {
    title: 'Stream, MSE of step 1, 1–24 and all, medians over the seeds, and of simple methods:',
    columns: ['', 'forecast', 'MAE', ...simple, 'worst of naive', 'stream'],
    rows: known.map(({ name }) => {
      const { runs: all } = measured[name]
      const worst = medians(all, (run) => run.worst.map(({ ratio }) => ratio))
      return [
        name,
        joined(medians(all, (run) => run.mse)),
        joined(medians(all, (run) => run.mae)),
        ...simple.map((method) => joined(measured[name].simple[method].mse)),
        joined(worst),
        all[0].worst.map(({ stream }) => stream).join('/'),
      ]
    }),
  }
}

function intervalTable(measured, known) {
  return {
    title: 'Stream, 90 % intervals at steps 1, 24 and 96:',
    columns: ['', 'inside, %', 'lowest stream, %', 'highest stream, %', 'Winkler'],
    rows: known.map(({ name }) => {
      const across = (of) => medians(measured[name].runs, ({ intervals }) => intervals.map(of))
      return [
        name,
        across(({ coverage }) => coverage)
          .map(percent)
          .join('/'),
        across(({ columns }) => Math.min(...columns))
          .map(percent)
          .join('/'),
        across(({ columns }) => Math.max(...columns))
          .map(percent)
          .join('/'),
        across(({ winkler }) => winkler)
          .map(short)
          .join('/'),
      ]
    }),
  }
}

function runTable(measured, known) {
  return {
    title: 'Each stream run:',
    columns: ['', 'MSE', 'fits', 'fits, s', 'forecasts, s', 'whole command, s', 'measured, UTC'],
    rows: known.flatMap(({ name }) =>
      measured[name].runs.map((run) => [
        `${name}, seed ${run.seed}`,
        run.mse.map(short).join('/'),
        `${run.fits}`,
        ...[run.fitSeconds, run.stepSeconds, run.seconds].map(digits),
        measured[name].date,
      ]),
    ),
  }
}
