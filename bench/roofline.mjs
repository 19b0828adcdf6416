// How near the kernels come to what the core can do: arithmetic, and reading weights from the caches.
// node bench/roofline.mjs     (after npm run build)
import { workOf } from './contenders/limits.mjs'
import { openContender } from './lib/contender.mjs'
import { inFreshNode } from './lib/fresh.mjs'
import { atLeast, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { rounds } from './lib/rounds.mjs'
import { quartiles } from './lib/stats.mjs'
import { flop, shapeName, shapes, weightBytes } from './lib/weights.mjs'
import { compile } from './roofline/compile.mjs'

const STREAMS = 1024
/** Per cent of the lower bound's speed that one step reaches from hidden 64 on. */
const STEP = { baseline: 60, relaxed: 80 }
/** Per cent of peak arithmetic that the batched step reaches at 8/64. */
const BATCH = { baseline: 75, relaxed: 80 }
const PEAK = { baseline: 'multiplyAdd', relaxed: 'fusedMultiplyAdd' }
const L1_BYTES = 16_384
const L2_BYTES = 524_288

const binary = (await compile()).toString('base64')
const builds = await inFreshNode('builds')
const results = []
for (const shape of shapes.filter(({ hiddenSize }) => hiddenSize >= 64)) results.push(await measure(shape))

writeResults('roofline', {
  targets: builds.flatMap((build) => [
    ...results.map((result) =>
      atLeast(
        `GRUflow ${build}, step at ${shapeName(result.shape)}, share of the roofline`,
        STEP[build],
        stepShare(result, build),
        '%',
      ),
    ),
    ...results
      .filter(({ shape }) => shapeName(shape) === '8/64')
      .map((result) =>
        atLeast(
          `GRUflow ${build}, ${STREAMS.toLocaleString('en-US')} streams at 8/64, share of peak arithmetic`,
          BATCH[build],
          batchShare(result, build),
          '%',
        ),
      ),
  ]),
  tables: [
    {
      title: 'What one core does with 128-bit vectors in WebAssembly:',
      columns: ['', ...results.map(({ shape }) => `rounds of ${shapeName(shape)}`)],
      rows: [
        ['multiply and add, GFLOP/s', ...results.map((result) => rate(result, 'multiplyAdd'))],
        ['fused multiply-add, GFLOP/s', ...results.map((result) => rate(result, 'fusedMultiplyAdd'))],
        ['read 16 KiB, GB/s', ...results.map((result) => rate(result, `read ${L1_BYTES}`))],
        ['read 512 KiB, GB/s', ...results.map((result) => rate(result, `read ${L2_BYTES}`))],
        [
          'read as many bytes as the weights have, GB/s',
          ...results.map((result) => rate(result, `read ${weightBytes(result.shape)}`)),
        ],
      ],
    },
    {
      title: 'What GRUflow makes of it:',
      columns: ['', ...results.map(({ shape }) => shapeName(shape))],
      rows: builds.flatMap((build) => [
        [
          `${build}, bound of a step, µs`,
          ...results.map((result) => digits(quartiles(bounds(result, build)).median)),
        ],
        [
          `${build}, step, µs`,
          ...results.map(({ times }) => withQuartiles(quartiles(times[`step ${build}`]))),
        ],
        [
          `${build}, share of the bound, %`,
          ...results.map((result) => withQuartiles(stepShare(result, build))),
        ],
        [
          `${build}, ${STREAMS.toLocaleString('en-US')} streams, GFLOP/s`,
          ...results.map((result) => rate(result, `batch ${build}`)),
        ],
        [
          `${build}, ${STREAMS.toLocaleString('en-US')} streams, share of peak, %`,
          ...results.map((result) => withQuartiles(batchShare(result, build))),
        ],
      ]),
    },
  ],
  notes: [
    'The bound of a step is the longer of two times: its 6H(I+H) operations at peak, and reading its 12H(I+H) bytes of weights as fast as a bare loop reads so many bytes.',
    'Activations, checks and the call are not in the bound.',
  ],
})

/** The limits of the core and what GRUflow makes of them, in the same rounds. */
async function measure(shape) {
  const work = {}
  const contenders = []
  const add = async (source, size, name, amount) => {
    contenders.push({ ...(await openContender(source, { shape, ...size })), name })
    work[name] = amount
  }
  const one = { streams: 1, steps: 64 }
  const many = { streams: STREAMS, steps: 4 }
  for (const kernel of Object.values(PEAK)) {
    await add({ file: 'limits', variant: { kernel, binary } }, one, kernel, workOf(kernel))
  }
  for (const bytes of [L1_BYTES, L2_BYTES, weightBytes(shape)]) {
    const variant = { kernel: 'read', binary, bytes }
    await add({ file: 'limits', variant }, one, `read ${bytes}`, workOf('read', bytes))
  }
  for (const variant of builds) {
    await add({ file: 'gruflow', variant }, one, `step ${variant}`, flop(shape))
    await add({ file: 'gruflow', variant }, many, `batch ${variant}`, STREAMS * flop(shape))
  }
  const times = await rounds(contenders, { count: roundsOr(25), slotMs: 25 })
  for (const { close } of contenders) close()
  return { shape, times, work }
}

/** Work per microsecond, in thousands: GFLOP/s or GB/s. */
function rate({ times, work }, name) {
  return digits(work[name] / quartiles(times[name]).median / 1000)
}

/** Microseconds that a step takes at least, round by round. */
function bounds({ shape, times, work }, build) {
  const peak = PEAK[build]
  const read = `read ${weightBytes(shape)}`
  return times[peak].map((time, i) => {
    const arithmetic = (work[`step ${build}`] * time) / work[peak]
    const reading = (weightBytes(shape) * times[read][i]) / work[read]
    return Math.max(arithmetic, reading)
  })
}

function stepShare(result, build) {
  const steps = result.times[`step ${build}`]
  return quartiles(bounds(result, build).map((bound, i) => (100 * bound) / steps[i]))
}

function batchShare({ times, work }, build) {
  const [peak, batch] = [PEAK[build], `batch ${build}`]
  return quartiles(
    times[peak].map((time, i) => (100 * (time / work[peak])) / (times[batch][i] / work[batch])),
  )
}
