import { layout } from '../../dist/src/engine/layout.js'
import { createModel } from '../../dist/src/engine/model.js'
import { gruSpec, presets } from '../../dist/src/engine/spec.js'
import { randomNumbers } from '../lib/weights.mjs'

export const INPUTS = 8
/** Sizes that are measured. */
export const HIDDEN = [16, 32, 64, 128, 256]

/** Those models, and one that answers with all its units: what comes back from a GPU is then 64 times as much. */
export const SHAPES = [...HIDDEN.map((hidden) => ({ hidden, outputs: 1 })), { hidden: 64, outputs: 0 }]

export const shapeName = ({ hidden, outputs }) => `8/${hidden}${outputs === 0 ? ' without projection' : ''}`

/** PyTorch's first weights times this, so that gates saturate and an error cannot hide. */
const GAIN = 1.5

/** PyTorch's equations with 8 inputs and, unless `outputSize` is 0, a projection to one number. */
export function drawModel(hiddenSize, { outputSize = 1 } = {}) {
  const spec = gruSpec({ ...presets.pytorch, inputSize: INPUTS, hiddenSize, outputSize })
  const random = randomNumbers(1)
  const bound = GAIN / Math.sqrt(hiddenSize)
  return createModel(
    spec,
    Float32Array.from({ length: layout(spec).size }, () => bound * (2 * random() - 1)),
  )
}

export const allLanes = (count) => Uint32Array.from({ length: count }, (_, lane) => lane)
