import { layout, tensors } from '../../engine/layout.ts'
import type { Model } from '../../engine/model.ts'
import { FormatError } from '../error.ts'
import { type Expressed, express } from '../express.ts'
import { MAX_HEADER } from '../limits.ts'
import { NUMPY_GATES } from '../names/numpy.ts'
import { NATIVE_KEY, writeDescription } from '../native.ts'
import { asTorch } from '../torch-form.ts'
import type { Writer } from '../types.ts'
import { withBiases } from '../with-biases.ts'
import { writeZip } from '../zip/write.ts'
import { writeNpy } from './npy.ts'

type Entry = readonly [name: string, values: Float32Array | Uint8Array, shape: readonly number[]]

/**
 * PyTorch's cell by PyTorch's names; the others by those of the NumPy GRU, `Wr Ur br … Wo bo`, which has one layer.
 *
 * The array `gruflow` beside them, JSON in bytes, says the equations, which the names do not.
 */
export const writeNpz: Writer = (model, preprocessing) => {
  const torch = model.spec.cell === 'reset-after'
  const { model: expressed, notes } = torch ? asTorch(model, 'npz') : asNumpy(model)
  const text = new TextEncoder().encode(writeDescription(expressed.spec, preprocessing))
  // Thousands of inputs with long names.
  if (text.byteLength > MAX_HEADER) {
    throw new FormatError(
      `the description would have ${text.byteLength} bytes, at most ${MAX_HEADER} are read`,
    )
  }
  const entries: Entry[] = [
    ...(torch ? byTorchNames(expressed) : byNumpyNames(expressed)),
    [NATIVE_KEY, text, [text.byteLength]],
  ]
  return {
    bytes: writeZip(entries.map(([name, values, shape]) => [`${name}.npy`, writeNpy(values, shape)])),
    notes,
  }
}

/** One forward layer with sigmoid gates and the update keep. */
function asNumpy(model: Model): Expressed {
  const { layers, direction, recurrentActivation, biases, cell } = model.spec
  const refuse = (what: string): FormatError =>
    new FormatError(`npz has no names for a GRU with the cell ${cell} and ${what}`)
  if (layers > 1) throw refuse(`${layers} layers`)
  if (direction !== 'forward') throw refuse(`the direction ${direction}`)
  if (recurrentActivation !== 'sigmoid') throw refuse(`the gates ${recurrentActivation}`)
  if (biases > 1) throw refuse('two biases a gate')
  const expressed = express(model, 'npz', ['no-reset', 'no-carry', 'reset-before'])
  if (biases > 0) return expressed
  return {
    model: withBiases(expressed.model, 1),
    notes: [...expressed.notes, 'biases of zero are added, which a NumPy GRU has'],
  }
}

function byTorchNames({ spec, weights }: Model): Entry[] {
  return tensors(spec).map(({ name, shape, offset }) => {
    const length = shape.reduce((a, b) => a * b)
    return [name, weights.subarray(offset, offset + length), shape]
  })
}

function byNumpyNames({ spec, weights }: Model): Entry[] {
  const { inputSize: I, hiddenSize: H, outputSize: O } = spec
  const { cells, head } = layout(spec)
  const [{ W, U, b }] = cells
  const part = (at: number, length: number): Float32Array => weights.subarray(at, at + length)
  const gates = NUMPY_GATES.flatMap((gate, i): Entry[] => [
    [`W${gate}`, part(W + i * H * I, H * I), [H, I]],
    [`U${gate}`, part(U + i * H * H, H * H), [H, H]],
    [`b${gate}`, part(b + i * H, H), [H, 1]],
  ])
  return head ? [...gates, ['Wo', part(head.W, O * H), [O, H]], ['bo', part(head.b, O), [O, 1]]] : gates
}
