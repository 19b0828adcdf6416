import { FormatError } from '../error.ts'
import { interpretNames } from '../names/interpret.ts'
import type { FormatName, Imported, ImportOptions, Tensor } from '../types.ts'
import { type KerasLayer, nameLayer } from './layer.ts'
import { plainPath } from './paths.ts'
import { isLinear, NEUTRAL } from './select.ts'

const GATE = /(^|\/)(reset_gate|update_gate|new_memory_gate)\//

/** Whether a file holds a cell of three Dense gates, which Keras has no name for. */
export function hasGates(tensors: ReadonlyMap<string, Tensor>): boolean {
  return [...tensors.keys()].some((path) => GATE.test(plainPath(path)))
}

/**
 * Makes a model of a cell of three Dense gates, told by the names of its weights.
 * @param layers of the model, where the file names them
 * @throws FormatError when there is more in the model than the cell and a linear layer
 */
export function interpretGates(
  tensors: ReadonlyMap<string, Tensor>,
  layers: readonly KerasLayer[],
  options: ImportOptions,
  format: FormatName,
): Imported {
  const other = layers.find(
    (layer) => !NEUTRAL.has(layer.kind) && !isLinear(layer) && !hasGates(layer.weights),
  )
  if (other && options.head === undefined) {
    throw new FormatError(
      `the layer ${nameLayer(other)} beside the cell cannot be run here; head: false leaves it out`,
    )
  }
  const named = new Map<string, Tensor>()
  for (const [path, tensor] of tensors) {
    const plain = plainPath(path)
    if (/^optimizer/.test(plain)) continue
    named.set(plain.replace(/\/vars\/0$/, '/kernel').replace(/\/vars\/1$/, '/bias'), tensor)
  }
  const imported = interpretNames(named, options, format)
  return {
    ...imported,
    notes: [
      ...imported.notes,
      "what a layer of one's own computes is not in the file: sigmoid and tanh are assumed",
    ],
  }
}
