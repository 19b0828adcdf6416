// How long the event loop is held up while histories are learned in the worker threads: see ../learn.mjs.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { fit } from '../../dist/src/index.js'
import { answer, givenTask } from '../lib/fresh.mjs'
import { drawColumns, SPEC } from '../lib/learning.mjs'

/** How many fits at once, for how long at least, and how long one may learn. */
const { fits, seconds, maxSeconds } = givenTask()
const columns = drawColumns()
const { horizon, hiddenSize } = SPEC
// Of one millisecond: what is shorter is not told apart.
const delay = monitorEventLoopDelay({ resolution: 1 })
let done = 0
let seed = 1

/** A fit as its caller has it, from the call to the fitted model. */
const learn = async () => {
  await fit(columns, { horizon, hiddenSize, maxSeconds, seed: seed++, onProgress() {} })
  done++
}
const begun = performance.now()
const passed = () => (performance.now() - begun) / 1000
delay.enable()
if (fits === 0) await setTimeout(1000 * seconds)
else while (passed() < seconds) await Promise.all(Array.from({ length: fits }, learn))
delay.disable()
const inMs = (ns) => ns / 1e6
answer({
  seconds: passed(),
  done,
  median: inMs(delay.percentile(50)),
  p99: inMs(delay.percentile(99)),
  p999: inMs(delay.percentile(99.9)),
  longest: inMs(delay.max),
})
