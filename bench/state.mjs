// Memory that 100,000 streams of hidden size 64 take behind the operator gruStep.
// node bench/state.mjs     (after npm run build)
import { inFreshNode } from './lib/fresh.mjs'
import { atMost, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { quartiles } from './lib/stats.mjs'

const SHAPE = { inputSize: 8, hiddenSize: 64 }
const STREAMS = 100_000
const BYTES = 320

const runs = []
for (let i = 0; i < roundsOr(5); i++) {
  runs.push(await inFreshNode('state', { shape: SHAPE, streams: STREAMS }, ['--expose-gc']))
}
const held = quartiles(runs.map(({ heap, external }) => heap + external))
const resident = quartiles(runs.map((run) => run.resident))

writeResults('state', {
  targets: [atMost('State of a stream, 100,000 streams, hidden 64: bytes held', BYTES, held, 'B')],
  tables: [
    {
      title: `Bytes a stream, of ${STREAMS.toLocaleString('en-US')} streams that were all used twice:`,
      columns: ['', 'bytes'],
      rows: [
        [
          'state pool and its buffers, outside the heap',
          withQuartiles(quartiles(runs.map((run) => run.external))),
        ],
        ['which stream has which state, in the heap', withQuartiles(quartiles(runs.map((run) => run.heap)))],
        ['held together', withQuartiles(held)],
        ['growth of the process, with what its heap keeps free', withQuartiles(resident)],
      ],
    },
  ],
  notes: [
    '256 bytes of it are the 64 numbers. The text of a topic belongs to the messages and is not counted.',
    'With fewer streams than maxStreams the pool has up to a quarter more room than they need.',
  ],
})
