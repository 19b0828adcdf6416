import type { Model } from '../engine/model.ts'
import { FormatError } from './error.ts'
import { type Expressed, express } from './express.ts'
import { withBiases } from './with-biases.ts'

/**
 * A model as `torch.nn.GRU` has it: cell reset-after, update keep, no biases or two.
 * @param format named in the refusal
 * @throws FormatError when no such GRU gives the same outputs
 */
export function asTorch(model: Model, format: string): Expressed {
  const { direction, recurrentActivation } = model.spec
  if (direction === 'reverse') throw new FormatError(`${format} has no GRU of the direction reverse alone`)
  if (recurrentActivation !== 'sigmoid') {
    throw new FormatError(`${format} has no GRU with the gates ${recurrentActivation}`)
  }
  const expressed = express(model, format, ['reset-after'])
  if (expressed.model.spec.biases !== 1) return expressed
  return {
    model: withBiases(expressed.model, 2),
    notes: [...expressed.notes, 'recurrent biases of zero are added'],
  }
}
