// Every GRU that ONNX can hold, written by writeModel, run by onnxruntime-node, against the engine's own outputs.
// node bench/onnx.mjs     (after npm run build)
import { inFreshNode } from './lib/fresh.mjs'
import { atMost, digits, writeResults } from './lib/results.mjs'

const BATCH = 2
const TIME = 9
const LARGEST_ERROR = 1e-6
const CELLS = ['reset-after', 'reset-before', 'no-reset']
const DIRECTIONS = ['forward', 'reverse', 'bidirectional']

const answers = []
for (const cell of CELLS) {
  const row = []
  for (const direction of DIRECTIONS) {
    row.push(await inFreshNode('onnx', { cell, direction, batch: BATCH, time: TIME }))
  }
  answers.push(row)
}
const files = answers.flat().reduce((sum, answer) => sum + answer.files, 0)
const largest = Math.max(...answers.flat().map((answer) => answer.largest))

writeResults('onnx', {
  peers: true,
  targets: [
    atMost(
      `${files} files written as ONNX, largest error in onnxruntime-node`,
      LARGEST_ERROR,
      { median: largest },
      '',
    ),
  ],
  tables: [
    {
      title: `Largest error of any output of onnxruntime-node, batch ${BATCH}, ${TIME} steps, a first state given:`,
      columns: ['', ...DIRECTIONS],
      rows: CELLS.map((cell, i) => [cell, ...answers[i].map((answer) => digits(answer.largest))]),
    },
  ],
  notes: [
    `${files} files: both updates, sigmoid and hard sigmoid, 0 to 2 biases, 1 and 2 layers, with and without projection.`,
    'The cell no-carry has no equivalent in ONNX and is refused.',
  ],
})
