// Many streams stepped at once on shared weights.
// node bench/batch.mjs     (after npm run build; PYTHON=<python with torch> for PyTorch)
import { best } from './lib/best.mjs'
import { contest } from './lib/contest.mjs'
import { inFreshNode } from './lib/fresh.mjs'
import { atLeast, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { pairedRatio, quartiles } from './lib/stats.mjs'
import { shapeName } from './lib/weights.mjs'

const SHAPES = [
  { inputSize: 4, hiddenSize: 32 },
  { inputSize: 8, hiddenSize: 64 },
]
const STREAMS = [32, 1024, 16_384]
const BUILDS = ['GRUflow baseline', 'GRUflow relaxed']
/** Times as fast, baseline and relaxed, at 8/64 with 16,384 streams. */
const AGAINST_ORT = [1.5, 2.2]
const AGAINST_PYTORCH = [1.1, 1.7]

const contenders = [
  ...(await inFreshNode('builds')).map((variant) => ({ file: 'gruflow', variant })),
  { file: 'ort', variant: 'GRU' },
  { file: 'ort', variant: 'Gemm' },
  { file: 'tfjs' },
  { file: 'gpujs', variant: 'cpu' },
  { file: 'gpujs', variant: 'webasm' },
]
const results = []
for (const shape of SHAPES) {
  for (const streams of STREAMS) {
    const size = { shape, streams, steps: 20 }
    results.push(await contest(contenders, size, { count: roundsOr(15), slotMs: 60 }))
  }
}

const title = ({ shape, streams }) => `${shapeName(shape)}, ${streams.toLocaleString('en-US')}`
const columns = results.map(title)
const largest = results.at(-1)
const names = Object.keys(results[0].times)
const ours = BUILDS.filter((name) => names.includes(name))

const targets = ours.flatMap((name, build) =>
  [
    ['onnxruntime-node (GRU)', AGAINST_ORT],
    ['onnxruntime-node (Gemm)', AGAINST_ORT],
    [best(largest.times, 'PyTorch'), AGAINST_PYTORCH],
  ]
    .filter(([peer]) => peer)
    .map(([peer, limits]) =>
      atLeast(
        `${name}, ${title(largest)} streams, against ${peer}`,
        limits[build],
        pairedRatio(largest.times[peer], largest.times[name]),
      ),
    ),
)

writeResults('batch', {
  peers: true,
  torch: results[0].torch,
  targets,
  tables: [
    {
      title: 'Million stream-steps per second of CPU, medians, by input/hidden size and number of streams:',
      columns: ['', ...columns],
      rows: names.map((name) => [
        name,
        ...results.map(({ times, streams }) => digits(streams / quartiles(times[name]).median)),
      ]),
    },
    ...ours.map((name) => ({
      title: `How many times as long as ${name} the others take:`,
      columns: ['', ...columns],
      rows: names
        .filter((other) => !BUILDS.includes(other))
        .map((other) => [
          other,
          ...results.map(({ times }) => withQuartiles(pairedRatio(times[other], times[name]))),
        ]),
    })),
    {
      title: 'Largest error against float64 in 20 steps, three streams of each:',
      columns: ['', ...columns],
      rows: names.map((name) => [name, ...results.map(({ errors }) => digits(errors[name].float64))]),
    },
  ],
  notes: [
    'One thread each.',
    'onnxruntime-node (GRU) runs the operator as exporters write it; (Gemm) runs the same equations written by hand as matrix products, which no exporter does.',
  ],
})
