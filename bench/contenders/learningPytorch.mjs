import { fileURLToPath } from 'node:url'
import { base64 } from '../lib/base64.mjs'
import { openChild } from '../lib/child.mjs'
import { drawBatch, FEATURES, LANES, LEARNING_RATE, SPEC, STEPS, UPDATES } from '../lib/learning.mjs'
import { firstWeights } from './learning.mjs'

const SCRIPT = fileURLToPath(new URL('learning.py', import.meta.url))

/** PyTorch's updates of the same net in a process of its own; null unless the environment names a Python that has it. */
export async function openLearningPytorch(x) {
  if (!process.env.PYTHON) return null
  const { ask, close } = openChild(process.env.PYTHON, [SCRIPT])
  const arrays = { ...drawBatch(), weights: firstWeights(), x }
  const { version } = await ask('open', {
    size: { ...SPEC, features: FEATURES, steps: STEPS, lanes: LANES },
    rate: LEARNING_RATE,
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, base64(values)])),
  })
  return {
    version,
    name: 'PyTorch',
    states: () => ask('states', { updates: UPDATES }),
    measure: (steps) => ask('measure', { steps }),
    close,
  }
}
