import { drawInputs } from '../lib/weights.mjs'
import { openExact } from './exact.mjs'
import { allLanes, drawModel, HIDDEN } from './model.mjs'
import { onGpu, openGpu, openWasm } from './steppers.mjs'

const STEPS = 200
const STREAMS = 8

/** Largest error of any output against float64, by hidden size, of both devices. */
export async function measureErrors() {
  const errors = []
  for (const hidden of HIDDEN) {
    const model = drawModel(hidden)
    const inputs = drawInputs(model.spec, STREAMS, STEPS)
    const expected = exactOutputs(model, inputs)
    const gpu = await openGpu(model, STREAMS)
    const onDevice = await largestError(gpu, inputs, expected)
    onGpu(gpu)
    await gpu.close()
    errors.push({
      hidden,
      gpu: onDevice,
      wasm: await largestError(openWasm(model, STREAMS), inputs, expected),
    })
  }
  return { steps: STEPS, streams: STREAMS, errors }
}

function exactOutputs(model, inputs) {
  const { inputSize } = model.spec
  const streams = allLanes(STREAMS)
  const cells = Array.from(streams, () => openExact(model))
  return inputs.map((input) =>
    Array.from(streams, (i) => cells[i](input.subarray(i * inputSize, (i + 1) * inputSize))[0]),
  )
}

async function largestError(stepper, inputs, expected) {
  let largest = 0
  for (const [t, input] of inputs.entries()) {
    const outputs = await stepper.step(allLanes(STREAMS), input)
    for (const [i, value] of expected[t].entries()) largest = Math.max(largest, Math.abs(outputs[i] - value))
  }
  return largest
}
