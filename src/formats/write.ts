import type { Model } from '../engine/model.ts'
import { quote } from '../quote.ts'
import { writeNpz } from './npz/writer.ts'
import { writeOnnx } from './onnx/writer.ts'
import { checkPreprocessing } from './preprocessing.ts'
import { writePytorch, writeSafetensors } from './safetensors/writer.ts'
import type { Preprocessing, TargetName, Writer, Written } from './types.ts'

export interface WriteOptions {
  readonly format: TargetName
  /** Kept in the file beside the model. @default none */
  readonly preprocessing?: Preprocessing
}

const writers: ReadonlyMap<TargetName, Writer> = new Map<TargetName, Writer>([
  ['safetensors', writeSafetensors],
  ['npz', writeNpz],
  ['pytorch', writePytorch],
  ['onnx', writeOnnx],
])

/** Formats that can be written. */
export const targets: readonly TargetName[] = [...writers.keys()]

/**
 * Writes a model for another program, so that it gives there what it gives here, or not at all.
 *
 * - `safetensors`: any model; names as {@link tensors} says, the specification in the metadata.
 * - `npz`: the names of the NumPy GRU for its equations, PyTorch's for PyTorch's.
 * - `pytorch`: safetensors for a module with `self.gru = nn.GRU(…)` and `self.head = nn.Linear(…)`.
 * - `onnx`: one GRU node a layer, and the projection.
 * @throws FormatError when the format has no such GRU
 * @throws RangeError when the format is unknown or the preprocessing does not fit the model
 */
export function writeModel(model: Model, options: WriteOptions): Written {
  const { format, preprocessing } = options
  const write = writers.get(format)
  if (!write) {
    throw new RangeError(`format must be one of ${targets.join(', ')}, got ${quote(format)}`)
  }
  return write(model, preprocessing && checkPreprocessing(model.spec, preprocessing))
}
