import { fileURLToPath } from 'node:url'
import { base64 } from '../lib/base64.mjs'
import { openChild } from '../lib/child.mjs'
import { BATCH, drawTask, LEARNING_RATE, TIME, UPDATES } from '../lib/training.mjs'

const SCRIPT = fileURLToPath(new URL('training.py', import.meta.url))

/** PyTorch's training in a process of its own; null unless the environment names a Python that has it. */
export async function openTrainingPytorch(shape, weights, x) {
  if (!process.env.PYTHON) return null
  const { ask, close } = openChild(process.env.PYTHON, [SCRIPT])
  const arrays = { ...weights, ...drawTask(shape), x }
  const { version } = await ask('open', {
    size: { ...shape, batch: BATCH, time: TIME },
    rate: LEARNING_RATE,
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, base64(values)])),
  })
  return {
    version,
    name: 'PyTorch nn.GRU',
    states: () => ask('states', { updates: UPDATES }),
    measure: (steps) => ask('measure', { steps }),
    close,
  }
}
