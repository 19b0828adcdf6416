import { deviceSequence } from '../../dist/src/engine/gpu/sequence.js'
import { sequence } from '../../dist/src/engine/sequence.js'
import { largestDifference } from '../lib/check.mjs'
import { pairedRatio, quartiles } from '../lib/stats.mjs'
import { drawInputs } from '../lib/weights.mjs'
import { drawModel } from './model.mjs'
import { onGpu } from './steppers.mjs'
import { isSlow, takeTurns } from './wall.mjs'

const TIME = 512
const STREAMS = [64, 1024]
/** A software adapter takes half a minute for 1,024 streams of 64 units. */
const HIDDEN = { software: 16, real: 64 }

/** Milliseconds of whole sequences on the GPU and in WASM, and how far their results are apart. */
export async function measureSequences({ software }) {
  const hidden = software ? HIDDEN.software : HIDDEN.real
  const model = drawModel(hidden, { outputSize: 0 })
  const cells = []
  for (const batch of STREAMS) {
    const [x] = drawInputs(model.spec, batch * TIME, 1)
    const size = { batch, time: TIME }
    const onDevice = async () => {
      const result = await deviceSequence(model, x, { ...size, device: 'gpu' })
      onGpu(result)
      return result.y
    }
    const inWasm = () => sequence(model, x, size).y
    const difference = largestDifference(await onDevice(), inWasm())
    const times = await takeTurns({ gpu: onDevice, wasm: inWasm })
    cells.push({
      batch,
      gpu: quartiles(times.gpu),
      wasm: quartiles(times.wasm),
      speedUp: pairedRatio(times.wasm, times.gpu),
      difference,
      slow: isSlow(times.gpu.length),
    })
  }
  return { hidden, time: TIME, cells }
}
