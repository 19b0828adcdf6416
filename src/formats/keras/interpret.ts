import { FormatError } from '../error.ts'
import type { Imported, ImportOptions } from '../types.ts'
import { build } from './build.ts'
import { type Dialect, type Equations, equationsOf } from './equations.ts'
import { type KerasLayer, nameLayer } from './layer.ts'
import { select } from './select.ts'
import { cellTensors, denseTensors } from './weights.ts'

/**
 * Makes a model of Keras layers.
 * @throws FormatError naming what cannot be run here
 */
export function interpretLayers(
  layers: readonly KerasLayer[],
  dialect: Dialect,
  options: ImportOptions,
): Imported {
  const { recurrent, head, notes } = select(layers, options)
  const tensors = recurrent.map((layer) => {
    const { forward, backward } = cellTensors(layer)
    if (backward && (backward.units !== forward.units || backward.inputs !== forward.inputs)) {
      throw new FormatError(`${nameLayer(layer)} has directions of different sizes`)
    }
    return backward ? [forward, backward] : [forward]
  })
  const equations = recurrent.map((layer, i) => equationsOf(layer, tensors[i][0], dialect, options.preset))
  checkStack(recurrent, equations)
  tensors.slice(1).forEach(([{ inputs }], i) => {
    const width = tensors[i].length * tensors[i][0].units
    if (inputs !== width) {
      throw new FormatError(
        `${nameLayer(recurrent[i + 1])} takes ${inputs} numbers, the layer before gives ${width}`,
      )
    }
  })
  const last = tensors[tensors.length - 1]
  const width = last.length * last[0].units
  const dense = head && denseTensors(head)
  if (head && dense?.kernel.shape[0] !== width) {
    throw new FormatError(
      `${nameLayer(head)} takes ${dense?.kernel.shape[0]} numbers, the GRU gives ${width}`,
    )
  }
  const built = build(equations[0], tensors, dense)
  const used = [
    ...tensors.flat().flatMap(({ kernel, recurrent, bias }) => [kernel, recurrent, bias]),
    dense?.kernel,
    dense?.bias,
  ]
  return {
    model: built.model,
    notes: [
      ...notes,
      ...built.notes,
      ...(used.some((tensor) => tensor?.dtype === 'F64') ? ['float64 weights are rounded to float32'] : []),
      ...notesOn(equations),
      ...(recurrent.some(({ config }) => config === null)
        ? [
            `the file holds weights only: tanh and sigmoid${head ? ', and a Dense layer without activation,' : ''} are assumed`,
          ]
        : []),
    ],
  }
}

function checkStack(layers: readonly KerasLayer[], equations: readonly Equations[]): void {
  const [first] = equations
  equations.forEach((each, i) => {
    const differs =
      each.cell !== first.cell ||
      each.recurrentActivation !== first.recurrentActivation ||
      each.direction !== first.direction
    if (differs) {
      throw new FormatError(`${nameLayer(layers[0])} and ${nameLayer(layers[i])} are GRUs of different kinds`)
    }
    if (i < equations.length - 1 && !each.everyStep) {
      throw new FormatError(`${nameLayer(layers[i])} gives its last step alone to the next GRU`)
    }
  })
  if (equations.length > 1 && first.direction === 'reverse') {
    throw new FormatError(
      `${nameLayer(layers[1])} runs backwards over what runs backwards, which only Keras' order of outputs makes sense of`,
    )
  }
}

function notesOn(equations: readonly Equations[]): string[] {
  const last = equations[equations.length - 1]
  const notes: string[] = []
  if (!last.everyStep)
    notes.push('Keras gives the last step alone (return_sequences is false), here every step is given')
  if (last.direction === 'reverse' && last.everyStep) {
    notes.push(
      'Keras gives the outputs of go_backwards in the order of processing, here they are in that of time',
    )
  }
  return notes
}
