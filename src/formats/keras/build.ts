import { gruSpec } from '../../engine/spec.ts'
import { assemble, type HeadWeights, swapGates, transpose } from '../assemble.ts'
import { FormatError } from '../error.ts'
import { type Cell, pad } from '../pad.ts'
import type { Imported } from '../types.ts'
import type { Equations } from './equations.ts'
import type { CellTensors, DenseTensors } from './weights.ts'

/** The directions of one layer: forward, then backward where there are two. */
export type LayerTensors = readonly CellTensors[]

/**
 * Makes a model of Keras' weights: gates z, r, h on columns.
 * @throws FormatError when directions have unlike biases, or layers are too unlike in size
 */
export function build(
  equations: Equations,
  layers: readonly LayerTensors[],
  dense: DenseTensors | undefined,
): Imported {
  const notes: string[] = []
  const tensors = layers.flat()
  const withBias = tensors.filter(({ bias }) => bias).length
  const biases = withBias === 0 ? 0 : equations.cell === 'reset-after' ? 2 : 1
  if (withBias > 0 && withBias < tensors.length) notes.push('missing biases are read as zero')
  const spec = gruSpec({
    inputSize: tensors[0].inputs,
    hiddenSize: Math.max(...tensors.map(({ units }) => units)),
    layers: layers.length,
    cell: equations.cell,
    update: 'keep',
    recurrentActivation: equations.recurrentActivation,
    direction: equations.direction,
    biases,
    outputSize: dense?.kernel.shape[1] ?? 0,
  })
  const cells = tensors.map((cell) => cellOf(cell, biases))
  const padded = pad({ spec, cells, head: dense && headOf(dense) }, notes)
  return { model: assemble(padded.spec, padded.cells, padded.head), notes }
}

/** One cell's weights, gates r, z, n on rows. */
function cellOf({ kernel, recurrent, bias, inputs, units }: CellTensors, biases: number): Cell {
  const rows = 3 * units
  const given = bias?.values() ?? new Float32Array(biases * rows)
  if (given.length !== biases * rows) {
    throw new FormatError('the directions of a GRU differ in the shape of their biases')
  }
  return {
    inputSize: inputs,
    hiddenSize: units,
    W: swapGates(transpose(kernel.values(), inputs, rows)),
    U: swapGates(transpose(recurrent.values(), units, rows)),
    b: biases > 0 ? swapGates(given.subarray(0, rows)) : undefined,
    c: biases > 1 ? swapGates(given.subarray(rows)) : undefined,
  }
}

function headOf({ kernel, bias }: DenseTensors): HeadWeights {
  const [features, outputs] = kernel.shape
  return { W: transpose(kernel.values(), features, outputs), b: bias?.values() }
}
