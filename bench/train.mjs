// Training: forward, backward and Adam on a batch of 32 sequences of 48 steps, by GRUflow and by PyTorch.
// node bench/train.mjs     (after npm run build; PYTHON=<python with torch> for PyTorch)
import { openTrainingPytorch } from './contenders/trainingPytorch.mjs'
import { largestDifference } from './lib/check.mjs'
import { openContender } from './lib/contender.mjs'
import { inFreshNode } from './lib/fresh.mjs'
import { atLeast, atMost, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { rounds } from './lib/rounds.mjs'
import { pairedRatio, quartiles } from './lib/stats.mjs'
import { BATCH, TIME, UPDATES } from './lib/training.mjs'
import { drawInputs, drawWeights, shapeName } from './lib/weights.mjs'

const SHAPES = [
  { inputSize: 4, hiddenSize: 32 },
  { inputSize: 8, hiddenSize: 64 },
  { inputSize: 8, hiddenSize: 128 },
]
/** Times faster than PyTorch, for each shape. */
const AGAINST_PYTORCH = { baseline: [2.5, 1.2, 0.65], relaxed: [3, 1.4, 0.9] }
const LARGEST_DIFFERENCE = 1e-5
const PYTORCH = 'PyTorch nn.GRU'
const SLOT_MS = 100

const builds = await inFreshNode('builds')
const results = []
for (const shape of SHAPES) results.push(await contest(shape))

const ours = builds.map((build) => `GRUflow ${build}`)
const { torch } = results[0]
const columns = results.map(({ shape }) => shapeName(shape))
const ratios = (name) => results.map(({ times }) => pairedRatio(times[PYTORCH], times[name]))

writeResults('train', {
  torch,
  targets: torch
    ? builds.flatMap((build, b) => [
        ...ratios(ours[b]).map((ratio, i) =>
          atLeast(
            `${ours[b]}, training at ${columns[i]}, against PyTorch`,
            AGAINST_PYTORCH[build][i],
            ratio,
            '×',
          ),
        ),
        atMost(
          `${ours[b]}, largest difference to PyTorch's loss in ${UPDATES} updates, all sizes`,
          LARGEST_DIFFERENCE,
          { median: Math.max(...results.map(({ differences }) => differences[ours[b]])) },
          '',
        ),
      ])
    : [],
  tables: [
    {
      title: `ms of CPU per update, medians, by input/hidden size, batch ${BATCH} × ${TIME} steps:`,
      columns: ['', ...columns],
      rows: Object.keys(results[0].times).map((name) => [
        name,
        ...results.map(({ times }) => digits(quartiles(times[name]).median / 1000)),
      ]),
    },
    ...(torch
      ? [
          {
            title: 'How many times as long PyTorch takes:',
            columns: ['', ...columns],
            rows: ours.map((name) => [name, ...ratios(name).map(withQuartiles)]),
          },
        ]
      : []),
  ],
  notes: [
    'One layer and an output of one number at every step, mean squared error, Adam (fused, in PyTorch), one thread each.',
  ],
})

/** One shape: the losses of the first updates, then the times, round by round. */
async function contest(shape) {
  const weights = drawWeights(shape)
  const size = { shape, streams: BATCH * TIME, steps: 1 }
  const contenders = []
  for (const variant of builds) contenders.push(await openContender({ file: 'training', variant }, size))
  const pytorch = await openTrainingPytorch(shape, weights, drawInputs(shape, size.streams, 1)[0])
  const differences = {}
  if (pytorch) {
    const expected = await pytorch.states()
    for (const { name, states } of contenders) differences[name] = largestDifference(await states(), expected)
  }
  const all = pytorch ? [...contenders, pytorch] : contenders
  const times = await rounds(all, { count: roundsOr(25), slotMs: SLOT_MS })
  for (const { close } of all) close()
  return { shape, times, differences, torch: pytorch?.version }
}
