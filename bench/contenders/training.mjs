import { gruSpec, presets } from '../../dist/src/index.js'
import { mse } from '../../dist/src/learn/loss.js'
import { createWasmBptt } from '../../dist/src/learn/wasm/bptt.js'
import { BATCH, drawTask, LEARNING_RATE, TIME, UPDATES } from '../lib/training.mjs'

/** GRUflow's training: a step is forward, loss, backward and Adam over inputs [batch][time][inputSize]. */
export function open(shape, { wi, wh, bi, bh }, _streams, build) {
  const spec = gruSpec({ ...presets.pytorch, ...shape, outputSize: 1 })
  const { headW, headB, target } = drawTask(shape)
  const packed = Float32Array.from([wi, wh, bi, bh, headW, headB].flatMap((part) => [...part]))
  const optimiser = { kind: 'adam', learningRate: LEARNING_RATE }
  const bptt = createWasmBptt(spec, packed, { batch: BATCH, time: TIME, optimiser, build })
  const loss = mse(target)
  const step = (x) => {
    const run = bptt.run(x, null, loss)
    bptt.step()
    return run.loss
  }
  return {
    name: `GRUflow ${build}`,
    step,
    /** The losses of the first updates, all on one batch. */
    numbers: ([x]) => Array.from({ length: UPDATES }, () => step(x)),
  }
}
