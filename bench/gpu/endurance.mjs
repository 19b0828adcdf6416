import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { sampledRows } from '../lib/check.mjs'
import { drawInputs } from '../lib/weights.mjs'
import { openExact } from './exact.mjs'
import { memoryInUse } from './memory.mjs'
import { allLanes, drawModel } from './model.mjs'
import { onGpu, openGpu, openWasm } from './steppers.mjs'

const STEPS = 10_000
const STREAMS = 1024
/** Of WASM, whose memory does not grow; enough to see how long it holds the event loop up. */
const WASM_STEPS = 1000
/** A software adapter takes ten minutes for 64 units. */
const HIDDEN = { software: 16, real: 64 }
const INPUTS_IN_TURN = 50
const MARKS = [0.1, 0.5, 1]

/**
 * Many steps one after the other: memory on the way, the largest error of sampled streams against float64, and how
 * long the event loop of the host is held up meanwhile, beside WASM's.
 */
export async function measureEndurance({ software }) {
  const hidden = software ? HIDDEN.software : HIDDEN.real
  const model = drawModel(hidden)
  const gpu = await openGpu(model, STREAMS)
  const onDevice = await run(gpu, STEPS)
  onGpu(gpu)
  await gpu.close()
  const wasm = await run(openWasm(model, STREAMS), WASM_STEPS)
  return { hidden, streams: STREAMS, gpu: onDevice, wasm }
}

async function run(stepper, steps) {
  const { spec } = stepper.model
  const inputs = drawInputs(spec, STREAMS, INPUTS_IN_TURN)
  const lanes = allLanes(STREAMS)
  const sampled = sampledRows(STREAMS).map((row) => ({ row, exact: openExact(stepper.model) }))
  const marks = new Set(MARKS.map((share) => Math.round(share * steps)))
  const memory = []
  let error = 0
  // Of one millisecond: what is shorter is not told apart.
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const begun = performance.now()
  for (let t = 0; t < steps; t++) {
    const input = inputs[t % INPUTS_IN_TURN]
    const outputs = await stepper.step(lanes, input)
    for (const { row, exact } of sampled) {
      const [expected] = exact(input.subarray(row * spec.inputSize, (row + 1) * spec.inputSize))
      error = Math.max(error, Math.abs(outputs[row] - expected))
    }
    // WASM never waits for anything, and timers would not be heard of.
    await turn()
    if (!marks.has(t + 1)) continue
    // Collecting garbage holds up the loop too.
    delay.disable()
    // What the journal holds rises and falls between two checkpoints.
    await stepper.settle?.()
    memory.push({ steps: t + 1, ...(await memoryInUse()) })
    delay.enable()
  }
  const ms = (performance.now() - begun) / steps
  delay.disable()
  const inMs = (ns) => ns / 1e6
  return {
    steps,
    ms,
    error,
    memory,
    delay: { median: inMs(delay.percentile(50)), p99: inMs(delay.percentile(99)), longest: inMs(delay.max) },
  }
}
