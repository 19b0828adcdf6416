// One step of one stream, at five sizes, by everything that can run it in JavaScript, and by PyTorch.
// node bench/step.mjs     (after npm run build; PYTHON=<python with torch> for PyTorch)
import { best } from './lib/best.mjs'
import { contest } from './lib/contest.mjs'
import { inFreshNode } from './lib/fresh.mjs'
import { atLeast, atMost, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { pairedRatio, quartiles } from './lib/stats.mjs'
import { shapeName, shapes } from './lib/weights.mjs'

/** Times faster than onnxruntime-node; the second is for the relaxed build. */
const AGAINST_ORT = { '1/16': [140], '8/64': [11, 17], '8/128': [3.4], '16/256': [1.4] }
const AGAINST_TUNED = { '8/64': [8, 12] }
const LARGEST_ERROR = 1e-6
const BUILDS = ['GRUflow baseline', 'GRUflow relaxed']

const contenders = [
  ...(await inFreshNode('builds')).map((variant) => ({ file: 'gruflow', variant })),
  { file: 'tuned' },
  { file: 'naive' },
  { file: 'ort', variant: 'GRU' },
  { file: 'ort', variant: 'Gemm' },
  { file: 'tfjs' },
  { file: 'gpujs', variant: 'cpu' },
  { file: 'gpujs', variant: 'webasm' },
  { file: 'brain' },
]
const results = []
for (const shape of shapes) {
  const size = { shape, streams: 1, steps: 200 }
  results.push(await contest(contenders, size, { count: roundsOr(25), slotMs: 25 }))
}

const columns = results.map(({ shape }) => shapeName(shape))
const names = Object.keys(results[0].times)
const ours = BUILDS.filter((name) => names.includes(name))
const errors = (name, kind) => results.map((result) => result.errors[name]?.[kind])

const targets = ours.flatMap((name, build) => [
  ...against(name, build, 'onnxruntime-node', AGAINST_ORT),
  ...against(name, build, 'tuned JS', AGAINST_TUNED),
])
for (const name of ours) {
  if (!results[0].torch) continue
  const largest = Math.max(...errors(name, 'pytorch'))
  targets.push(
    atMost(
      `${name}, largest error against PyTorch in 200 steps, all sizes`,
      LARGEST_ERROR,
      { median: largest },
      '',
    ),
  )
}

writeResults('step', {
  peers: true,
  torch: results[0].torch,
  targets,
  tables: [
    {
      title: 'µs of CPU per step, medians, by input/hidden size:',
      columns: ['', ...columns],
      rows: names.map((name) => [name, ...results.map(({ times }) => digits(quartiles(times[name]).median))]),
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
      title:
        'Largest error of any unit in 200 steps, over all sizes, weights 1.5 times as wide as PyTorch draws them:',
      columns: ['', 'against float64', 'against PyTorch'],
      rows: names
        .filter((name) => results[0].errors[name])
        .map((name) => [
          name,
          ...['float64', 'pytorch'].map((kind) => {
            const known = errors(name, kind).filter((error) => error !== undefined)
            return known.length > 0 ? digits(Math.max(...known)) : ''
          }),
        ]),
    },
  ],
  notes: [
    'GRUflow is stepped by its public stepper, which checks lanes and inputs.',
    'onnxruntime-node runs one thread with all optimisations on the graph named; targets are held against the faster.',
    'brain.js has other equations and an output layer, takes whole sequences, and is timed per value of 100.',
  ],
})

function against(name, build, family, limits) {
  return results.flatMap(({ shape, times }) => {
    const limit = limits[shapeName(shape)]?.[build]
    if (!limit) return []
    const peer = best(times, family)
    const figure = `${name}, step at ${shapeName(shape)}, against ${peer}`
    return [atLeast(figure, limit, pairedRatio(times[peer], times[name]))]
  })
}
