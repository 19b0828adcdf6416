// Learning a history of 7 columns and 11,520 rows: what the main thread feels of it, and what an update costs.
// node bench/learn.mjs     (after npm run build; PYTHON=<python with torch> for PyTorch)
import { openLearningPytorch } from './contenders/learningPytorch.mjs'
import { largestDifference } from './lib/check.mjs'
import { openContender } from './lib/contender.mjs'
import { inFreshNode } from './lib/fresh.mjs'
import { FEATURES, LANES, ROWS, SPEC, STEPS, UPDATES } from './lib/learning.mjs'
import { atMost, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { rounds } from './lib/rounds.mjs'
import { pairedRatio, quartiles } from './lib/stats.mjs'
import { drawInputs } from './lib/weights.mjs'

/** p99 of the event loop's delay, ms: [must, stretch]. */
const MOST_DELAY = [20, 10]
const LARGEST_DIFFERENCE = 1e-5
/** Seconds that the event loop is watched at least, and that one fit may learn. */
const WATCHED = 15
const LEARNING = 24
const SLOT_MS = 100
const { segment, horizon, hiddenSize, channels } = SPEC
/** What the parts for contenders of single GRUs call shape and streams. */
const SIZE = { shape: { inputSize: FEATURES, hiddenSize }, streams: STEPS * LANES, steps: 1 }

const updates = await contest()
const stepping = await measureStepping()
const delays = []
for (const [fits, name] of ['idle', 'one fit', 'two fits at once'].entries()) {
  delays.push({ name, ...(await inFreshNode('delay', { fits, seconds: WATCHED, maxSeconds: LEARNING })) })
}

const { ours, pytorch, times } = updates
writeResults('learn', {
  torch: pytorch?.version,
  targets: [
    ...delays.slice(1).flatMap(({ name, p99 }) => {
      const figure = `Delay of the event loop during ${name}, p99`
      const [must, stretch] = MOST_DELAY
      return [
        atMost(figure, must, { median: p99 }, 'ms'),
        atMost(`${figure} (stretch)`, stretch, { median: p99 }, 'ms'),
      ]
    }),
    ...Object.entries(updates.differences).map(([name, difference]) =>
      atMost(
        `${name}, largest difference to PyTorch's loss in ${UPDATES} updates of the forecaster's net`,
        LARGEST_DIFFERENCE,
        { median: difference },
        '',
      ),
    ),
  ],
  tables: [
    {
      title: 'Delay of the main thread’s event loop while worker threads learn, to a millisecond:',
      columns: ['', 'median, ms', 'p99, ms', 'p99.9, ms', 'longest, ms', 'watched, s'],
      rows: delays.map(({ name, median, p99, p999, longest, seconds }) => [
        name,
        ...[median, p99, p999, longest, seconds].map(digits),
      ]),
    },
    {
      title: `CPU of an update of the forecaster’s net, ${STEPS * LANES} origins in ${STEPS} steps:`,
      columns: ['', 'ms', 's for 100', ...(pytorch ? ['times as long in PyTorch'] : [])],
      rows: Object.entries(times).map(([name, microseconds]) => {
        const { median } = quartiles(microseconds)
        const ratio = ours.includes(name) && pytorch && pairedRatio(times[pytorch.name], microseconds)
        return [
          name,
          digits(median / 1000),
          digits(median / 10_000),
          ...(pytorch ? [ratio ? withQuartiles(ratio) : ''] : []),
        ]
      }),
    },
    {
      title: `A reading taken, and its forecast ${horizon} steps ahead given, by a model that does not learn meanwhile:`,
      columns: ['', 'µs of CPU'],
      rows: Object.entries(stepping).map(([name, microseconds]) => [
        name,
        withQuartiles(quartiles(microseconds)),
      ]),
    },
  ],
  notes: [
    `${channels} columns of ${ROWS.toLocaleString('en-US')} rows; hidden ${hiddenSize}, segments of ${segment}, ${horizon} steps ahead.`,
    'The delay is that of a timer of 1 ms, from the call of `fit` until it has its model: handing over, learning, measuring and finishing.',
    'An update is forward, backward, clipping and Adam with dropout, on one thread; GRUflow’s also makes its batch from the table, PyTorch’s learns from one batch.',
    'A reading is pushed into one of the streams in turn, with all checks, interval and skill.',
  ],
})

/** The losses of the first updates on one batch, then the times, round by round. */
async function contest() {
  const builds = await inFreshNode('builds')
  const contenders = []
  for (const variant of builds) contenders.push(await openContender({ file: 'learning', variant }, SIZE))
  const pytorch = await openLearningPytorch(drawInputs(SIZE.shape, SIZE.streams, SIZE.steps)[0])
  const differences = {}
  if (pytorch) {
    const expected = await pytorch.states()
    for (const { name, states } of contenders) differences[name] = largestDifference(await states(), expected)
  }
  const all = pytorch ? [...contenders, pytorch] : contenders
  const times = await rounds(all, { count: roundsOr(25), slotMs: SLOT_MS })
  for (const { close } of all) close()
  return { ours: contenders.map(({ name }) => name), pytorch, times, differences }
}

async function measureStepping() {
  const live = await openContender({ file: 'live' }, SIZE)
  const times = await rounds([live], { count: roundsOr(25), slotMs: SLOT_MS })
  live.close()
  return times
}
