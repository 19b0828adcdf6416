import { layout } from '../../engine/layout.ts'
import { type GruSpec, gruSpec } from '../../engine/spec.ts'
import { assemble, type CellWeights, type HeadWeights } from '../assemble.ts'
import { FormatError } from '../error.ts'
import { MAX_INFLATED_EXTRA } from '../limits.ts'
import type { Imported } from '../types.ts'
import type { Equations } from './equations.ts'
import type { CellTensors, DenseTensors } from './weights.ts'

/** The directions of one layer: forward, then backward where there are two. */
export type LayerTensors = readonly CellTensors[]

/** Keras stacks its gates z, r, h; here they are r, z, n. */
const KERAS_GATE = [1, 0, 2]

/**
 * Makes a model of Keras' weights.
 *
 * Layers of unlike sizes get the largest as hidden size. The units that a smaller layer lacks have weights of zero:
 * their state stays 0 as long as it begins there, so that every output is exact.
 */
export function build(
  equations: Equations,
  layers: readonly LayerTensors[],
  head: DenseTensors | undefined,
): Imported {
  const notes: string[] = []
  const H = Math.max(...layers.map(([{ units }]) => units))
  const last = layers[layers.length - 1]
  const features = last.length * last[0].units
  const pick = !head && last[0].units < H
  const withBias = layers.flat().filter(({ bias }) => bias).length
  const spec = gruSpec({
    inputSize: layers[0][0].inputs,
    hiddenSize: H,
    layers: layers.length,
    cell: equations.cell,
    update: 'keep',
    recurrentActivation: equations.recurrentActivation,
    direction: equations.direction,
    biases: withBias === 0 ? 0 : equations.cell === 'reset-after' ? 2 : 1,
    outputSize: head ? head.kernel.shape[1] : pick ? features : 0,
  })
  if (layers.some(([{ units }]) => units < H)) {
    const sizes = layers.map(([{ units }]) => units).join(' and ')
    const projection = pick ? '; a projection picks the units of the last layer' : ''
    if (
      4 * layout(spec).size >
      MAX_INFLATED_EXTRA + 4 * layers.flat().reduce((sum, cell) => sum + sizeOf(cell), 0)
    ) {
      throw new FormatError(`layers of ${sizes} units are too unlike to be run as one GRU`)
    }
    notes.push(
      `layers of ${sizes} units are read as layers of ${H}, filled up with units that stay 0${projection}`,
    )
  }
  if (withBias > 0 && withBias < layers.flat().length) notes.push('missing biases are read as zero')
  const cells = layers.flatMap((layer, l) => layer.map((cell) => cellWeights(cell, spec, layers[l - 1])))
  return { model: assemble(spec, cells, headWeights(spec, last, head, pick)), notes }
}

function sizeOf({ inputs, units }: CellTensors): number {
  return 3 * units * (inputs + units)
}

/** One cell's weights, its gates reordered, transposed and filled up. `below` is the layer that it is fed by. */
function cellWeights(
  { kernel, recurrent, bias, inputs, units }: CellTensors,
  spec: GruSpec,
  below: LayerTensors | undefined,
): CellWeights {
  const H = spec.hiddenSize
  const width = below ? below.length * H : inputs
  const W = new Float32Array(3 * H * width)
  const U = new Float32Array(3 * H * H)
  const b = spec.biases > 0 ? new Float32Array(3 * H) : undefined
  const c = spec.biases > 1 ? new Float32Array(3 * H) : undefined
  const from = { W: kernel.values(), U: recurrent.values(), b: bias?.values() }
  for (let gate = 0; gate < 3; gate++) {
    for (let unit = 0; unit < units; unit++) {
      const row = gate * H + unit
      const column = KERAS_GATE[gate] * units + unit
      for (let i = 0; i < inputs; i++) {
        W[row * width + (below ? placeOf(i, below, H) : i)] = from.W[i * 3 * units + column]
      }
      for (let i = 0; i < units; i++) U[row * H + i] = from.U[i * 3 * units + column]
      if (b && from.b) b[row] = from.b[column]
      if (c && from.b) c[row] = from.b[3 * units + column]
    }
  }
  return { W, U, b, c }
}

/** The dense layer, or the matrix that picks the real units out of filled up ones. */
function headWeights(
  spec: GruSpec,
  last: LayerTensors,
  head: DenseTensors | undefined,
  pick: boolean,
): HeadWeights | undefined {
  if (!head && !pick) return undefined
  const features = last.length * last[0].units
  const width = last.length * spec.hiddenSize
  const W = new Float32Array(spec.outputSize * width)
  const kernel = head?.kernel.values()
  for (let i = 0; i < features; i++) {
    const column = placeOf(i, last, spec.hiddenSize)
    for (let o = 0; o < spec.outputSize; o++) {
      W[o * width + column] = kernel ? kernel[i * spec.outputSize + o] : Number(i === o)
    }
  }
  return { W, b: head?.bias?.values() }
}

/** Where the i-th feature of a layer's output lies once its directions have H units each. */
function placeOf(i: number, layer: LayerTensors, H: number): number {
  const { units } = layer[0]
  return i < units ? i : H + (i - units)
}
