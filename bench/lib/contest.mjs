import { openPytorch } from '../contenders/pytorch.mjs'
import { largestDifference, referenceStates } from './check.mjs'
import { openContender } from './contender.mjs'
import { rounds } from './rounds.mjs'
import { drawInputs, drawWeights } from './weights.mjs'

/**
 * One shape, all contenders and PyTorch: first the numbers of each against float64 and against PyTorch, then the
 * times, round by round.
 *
 * @param sources [{ file, variant }] in `contenders`
 * @param size { shape, streams, steps }, steps being the number of inputs
 */
export async function contest(sources, size, { count, slotMs }) {
  const { shape, streams, steps } = size
  const weights = drawWeights(shape)
  const inputs = drawInputs(shape, streams, steps)
  const exact = referenceStates(shape, weights, inputs, streams)

  const contenders = []
  for (const source of sources) contenders.push(await openContender(source, size))
  const pytorch = await openPytorch(shape, weights, streams, inputs)
  const all = [...contenders, ...pytorch.contenders]
  const torch = await pytorch.contenders[0]?.states()
  const errors = {}
  for (const { name, states } of all) {
    const found = await states()
    if (!found) continue
    errors[name] = {
      float64: largestDifference(found, exact),
      pytorch: torch && largestDifference(found, torch),
    }
  }
  const times = await rounds(all, { count, slotMs })
  for (const { close } of [...contenders, pytorch]) close()
  return { shape, streams, errors, times, torch: pytorch.version }
}
