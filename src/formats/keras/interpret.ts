import type { Direction } from '../../engine/spec.ts'
import { FormatError } from '../error.ts'
import { roundingNotes } from '../rounding.ts'
import type { Imported, ImportOptions } from '../types.ts'
import { build } from './build.ts'
import { type Dialect, type Equations, equationsOf } from './equations.ts'
import { type KerasLayer, nameLayer } from './layer.ts'
import { select } from './select.ts'
import { cellTensors, denseTensors } from './weights.ts'

/** What Keras gives of a layer that does not give every step. */
const LAST: Readonly<Record<Direction, string>> = {
  forward: 'the last step',
  reverse: 'the first step in time, which is processed last',
  bidirectional: 'the last state of each direction, which hn has',
}

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
  checkLastStep(recurrent[recurrent.length - 1], equations[equations.length - 1], head)
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
      ...roundingNotes(used),
      ...notesOn(equations, dialect),
      ...(recurrent.some(({ config }) => config === null) ? [assumed(head)] : []),
    ],
  }
}

function assumed(head: KerasLayer | undefined): string {
  const dense = head ? ', and a Dense layer without activation on every step,' : ''
  return `the file holds weights only: tanh and sigmoid${dense} are assumed`
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

/** Of a bidirectional layer, Keras joins the last step of one direction with the first of the other, which no step here has. */
function checkLastStep(
  layer: KerasLayer,
  { direction, everyStep }: Equations,
  head: KerasLayer | undefined,
): void {
  if (!head || everyStep || direction !== 'bidirectional') return
  throw new FormatError(
    `${nameLayer(head)} takes the last state of each direction of ${nameLayer(layer)} (return_sequences is false), ` +
      'which is the output of no step here; the option head is false for the GRU alone',
  )
}

function notesOn(equations: readonly Equations[], { tfjs }: Dialect): string[] {
  const { cell, direction, everyStep } = equations[equations.length - 1]
  const notes: string[] = []
  if (!everyStep) {
    notes.push(`Keras gives only ${LAST[direction]} (return_sequences is false), here every step is given`)
  }
  if (direction === 'reverse' && everyStep) {
    notes.push(
      'Keras gives the outputs of go_backwards in the order of processing, here they are in that of time',
    )
  }
  if (tfjs && cell === 'reset-after') notes.push('TensorFlow.js itself cannot run reset_after')
  return notes
}
