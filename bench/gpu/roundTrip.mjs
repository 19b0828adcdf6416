import { drawInputs } from '../lib/weights.mjs'
import { drawModel } from './model.mjs'
import { onGpu, openGpu } from './steppers.mjs'

const HIDDEN = 32
const CALLS = 2000
const WARM_UP = 100
/** A slow adapter makes fewer calls. */
const MOST_MS = 10_000

/** Milliseconds from asking for one step of one stream to its output, one at a time. */
export async function measureRoundTrip() {
  const model = drawModel(HIDDEN)
  const inputs = drawInputs(model.spec, 1, WARM_UP)
  const stepper = await openGpu(model, 1)
  for (const input of inputs) await stepper.step([0], input)
  const times = []
  for (const begun = performance.now(); times.length < CALLS && performance.now() - begun < MOST_MS; ) {
    const asked = performance.now()
    await stepper.step([0], inputs[times.length % WARM_UP])
    times.push(performance.now() - asked)
  }
  onGpu(stepper)
  await stepper.close()
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.floor(share * (times.length - 1))]
  return { hidden: HIDDEN, calls: times.length, median: at(0.5), p99: at(0.99) }
}
