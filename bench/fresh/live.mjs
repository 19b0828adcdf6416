// Live streams, told what to do by one line of JSON at a time: see ../live.mjs. Needs --expose-gc.
import { createInterface } from 'node:readline'
import { createGruExpert, startPlace } from '../../dist/src/forecast/experts/gru.js'
import { openPool } from '../../dist/src/forecast/experts/pool.js'
import { append, createHistory } from '../../dist/src/forecast/history.js'
import { learnSpread, startSpread } from '../../dist/src/forecast/spread.js'
import { ANSWER } from '../lib/child.mjs'
import { mainThreadCpu } from '../lib/cpu.mjs'
import { fittedModel, openStreams, valueAt } from '../lib/liveStreams.mjs'

/** Streams that are timed. */
const STREAMS = 20
/** Steps after which a history is full and no longer takes more room. */
const FULL = 4200

let opened
let push

const tasks = {
  /** @param kind `whole`, `frozen`, which does not learn, or `gru`, one expert without anything around it */
  async open({ kind, steps = 1000 }) {
    if (kind === 'gru') push = openGru()
    else {
      opened = openStreams({ learn: kind === 'whole' })
      push = (count) => opened.push(count, { to: STREAMS })
    }
    await push(steps * STREAMS)
  },
  async measure({ count }) {
    const all = process.cpuUsage()
    const main = mainThreadCpu()
    await push(count)
    const spent = mainThreadCpu() - main
    const { user, system } = process.cpuUsage(all)
    return { main: spent / count, all: (user + system) / count }
  },
  /** Bytes that further streams with full histories hold, and those of one stream's state by part. */
  async memory({ streams }) {
    await opened.push(FULL * STREAMS, { to: STREAMS })
    const before = await held()
    await opened.push(FULL * streams, { from: STREAMS, to: STREAMS + streams })
    const after = await held()
    const [saved] = opened.streams.snapshot().streams.slice(-1)
    const parts = Object.fromEntries(Object.entries(saved).map(([name, tree]) => [name, bytesOf(tree)]))
    const perStream = (name) => (after[name] - before[name]) / streams
    return { heap: perStream('heap'), external: perStream('external'), parts }
  },
  /** Bytes by which so many readings of streams with full histories let the process grow. */
  async growth({ count }) {
    await opened.push(FULL * STREAMS, { to: STREAMS })
    await opened.push(count, { to: STREAMS })
    const before = await held()
    await opened.push(count, { to: STREAMS })
    const after = await held()
    return { heap: after.heap - before.heap, external: after.external - before.external }
  },
}

/** One GRU that steps and decodes at each reading. */
function openGru() {
  const place = { device: 'wasm', synchronous: 'asked for', onDevice() {} }
  const expert = createGruExpert(fittedModel(), 1, {
    open: (gru, lanes) => openPool(gru, lanes, place),
    streams: STREAMS,
    growth: 1,
    season: 24,
  })
  const { horizon } = expert.model.spec
  const part = () => new Float32Array(horizon)
  const out = { changes: part(), below: part(), above: part() }
  const streams = Array.from({ length: STREAMS }, (_, i) => ({
    key: `line/${i}`,
    history: createHistory(4096),
    spread: startSpread(),
    sinceRestart: 0,
    place: startPlace(0),
  }))
  let next = 0
  return (count) => {
    for (let i = 0; i < count; i++, next++) {
      const stream = streams[next % STREAMS]
      const value = valueAt(next % STREAMS, stream.sinceRestart++)
      learnSpread(stream.spread, value)
      append(stream.history, value, true)
      expert.step(stream, stream.place, out)
    }
  }
}

async function held() {
  await opened.rested()
  for (let i = 0; i < 4; i++) globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return { heap: heapUsed, external }
}

/** Bytes of the numbers in a tree, 8 for each that is no element of an array of other numbers. */
function bytesOf(tree) {
  if (ArrayBuffer.isView(tree)) return tree.byteLength
  if (typeof tree === 'string') return tree.length
  if (tree === null || typeof tree !== 'object') return 8
  return Object.values(tree).reduce((sum, part) => sum + bytesOf(part), 0)
}

for await (const line of createInterface(process.stdin)) {
  const { task, ...details } = JSON.parse(line)
  console.log(ANSWER + JSON.stringify((await tasks[task](details)) ?? null))
}
process.exit(0)
