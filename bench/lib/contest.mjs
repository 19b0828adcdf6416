import { openPytorch } from '../contenders/pytorch.mjs'
import { largestDifference, referenceStates, sampledRows, statesOf } from './check.mjs'
import { timed } from './contender.mjs'
import { rounds } from './rounds.mjs'
import { drawInputs, drawWeights } from './weights.mjs'

/**
 * One shape, all contenders: first the numbers of each against float64 and against PyTorch, then the times.
 *
 * @param open (shape, weights, streams) → contenders that check and time themselves alike
 * @param openUnchecked the same for those whose equations differ
 */
export async function contest({ shape, streams, steps, count, slotMs }, open, openUnchecked = () => []) {
  const weights = drawWeights(shape)
  const inputs = drawInputs(shape, streams, steps)
  const contenders = await open(shape, weights, streams)
  const pytorch = await openPytorch(shape, weights, streams, inputs)

  const exact = referenceStates(shape, weights, inputs, streams)
  const torch = await pytorch?.outputs('GRUCell', sampledRows(streams))
  const errors = {}
  for (const contender of contenders) {
    const states = await statesOf(contender, shape, inputs, streams)
    errors[contender.name] = {
      float64: largestDifference(states, exact),
      pytorch: torch && largestDifference(states, torch),
    }
  }
  for (const { name, variant } of pytorch?.contenders ?? []) {
    const states = await pytorch.outputs(variant, sampledRows(streams))
    errors[name] = {
      float64: largestDifference([...states], exact),
      pytorch: largestDifference(states, torch),
    }
  }

  const local = [...contenders, ...openUnchecked(shape)].map((contender) => timed(contender, inputs))
  const times = await rounds([...local, ...(pytorch?.contenders ?? [])], { count, slotMs })
  pytorch?.close()
  return { shape, streams, errors, times, torch: pytorch?.version }
}
