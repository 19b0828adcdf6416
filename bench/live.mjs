// What a live stream costs at default settings: CPU of a reading, bytes of a stream, growth.
// node bench/live.mjs     (after npm run build)
import { fileURLToPath } from 'node:url'
import { openChild } from './lib/child.mjs'
import { RELAXED_SIMD } from './lib/relaxed.mjs'
import { atMost, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { quartiles } from './lib/stats.mjs'

/** Microseconds of CPU of a reading, and of the GRU alone. */
const WHOLE = 50
const GRU = 12
/** Bytes of a stream with a full history. */
const STREAM = 8192
/** Bytes by which a process may grow, of which V8's own bookkeeping is a part, and in how many readings. */
const GROWTH = 262_144
const READINGS = 100_000
/** Readings that are timed at once, and the streams that are opened for their memory. */
const TIMED = 5000
const STREAMS = 200

const KINDS = {
  whole: 'whole forecaster, learning on',
  frozen: 'whole forecaster, nothing learned on',
  gru: 'one GRU alone: a step, and a forecast of 24 steps',
}
const SCRIPT = fileURLToPath(new URL('fresh/live.mjs', import.meta.url))
const open = async (kind) => {
  const child = openChild(process.execPath, [...RELAXED_SIMD, '--expose-gc', SCRIPT])
  await child.ask('open', { kind })
  return child
}

const contenders = []
for (const kind of Object.keys(KINDS)) contenders.push({ kind, child: await open(kind), runs: [] })
for (let round = 0; round < roundsOr(25); round++) {
  for (const { child, runs } of round % 2 ? contenders.toReversed() : contenders) {
    runs.push(await child.ask('measure', { count: TIMED }))
  }
}
for (const { child } of contenders) child.close()
const timesOf = (wanted, thread) =>
  quartiles(contenders.find(({ kind }) => kind === wanted).runs.map((run) => run[thread]))

const alone = async (task, details) => {
  const child = await open('whole')
  const result = await child.ask(task, details)
  child.close()
  return result
}
const growth = await alone('growth', { count: READINGS })
const memory = await alone('memory', { streams: STREAMS })

writeResults('live', {
  targets: [
    atMost('A reading taken and forecast 24 steps ahead, main thread', WHOLE, timesOf('whole', 'main'), 'µs'),
    atMost('The same by the GRU alone', GRU, timesOf('gru', 'main'), 'µs'),
    atMost(
      'A live stream with a full history: bytes held',
      STREAM,
      { median: memory.heap + memory.external },
      'B',
    ),
    atMost(
      `Growth over ${digits(READINGS)} readings of streams with full histories`,
      GROWTH,
      { median: growth.heap + growth.external },
      'B',
    ),
  ],
  tables: [
    {
      title: 'A reading, at default settings (24 steps ahead, 32 hidden units):',
      columns: ['', 'µs of CPU, main thread', 'µs of CPU, all threads'],
      rows: Object.entries(KINDS).map(([kind, title]) => [
        title,
        withQuartiles(timesOf(kind, 'main')),
        withQuartiles(timesOf(kind, 'all')),
      ]),
    },
    {
      title: `Bytes of a stream, of ${STREAMS} with full histories:`,
      columns: ['', 'bytes'],
      rows: [
        ['in the heap', digits(memory.heap)],
        ['outside the heap', digits(memory.external)],
        ...Object.entries(memory.parts)
          .toSorted(([, a], [, b]) => b - a)
          .filter(([, bytes]) => bytes > 8)
          .map(([name, bytes]) => [`numbers saved of \`${name}\``, digits(bytes)]),
      ],
    },
  ],
  notes: [
    'CPU of all threads has that of the training thread in it, which follows readings that come far faster than sensors send.',
    'Saved numbers are what a snapshot holds of a stream, by field; in memory arrays have room to grow, and objects around them.',
  ],
})
