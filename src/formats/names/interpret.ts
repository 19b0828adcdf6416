import { directions, gruSpec } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import { assemble, type HeadWeights, transpose } from '../assemble.ts'
import { FormatError } from '../error.ts'
import { listed } from '../listing.ts'
import { checkPreset } from '../native.ts'
import { roundingNotes } from '../rounding.ts'
import type { FormatName, Imported, ImportOptions, Tensor } from '../types.ts'
import { chooseHead } from './choose-head.ts'
import { kerasCells } from './keras-cell.ts'
import type { NamedGru, NamedHead } from './named-gru.ts'
import { numpyGrus } from './numpy.ts'
import { pytorchGrus } from './pytorch.ts'

/**
 * The model that tensors are by their names alone.
 *
 * Known are those of `nn.GRU` and `nn.GRUCell` under any prefix, of the NumPy GRU (`Wr Ur br …`), and of a Keras cell
 * of three Dense gates (`reset_gate/kernel` …); a linear layer beside them is the projection.
 * @param format named in errors
 * @throws FormatError when there is not exactly one GRU, or more beside it than one linear layer
 */
export function interpretNames(
  tensors: ReadonlyMap<string, Tensor>,
  options: ImportOptions,
  format: FormatName,
): Imported {
  const gru = choose(
    [...pytorchGrus(tensors), ...numpyGrus(tensors), ...kerasCells(tensors)],
    tensors,
    options,
    format,
  )
  const { spec, cells, notes } = gru.read(options)
  const features = directions(spec) * spec.hiddenSize
  const chosen = chooseHead(tensors, gru, { inputs: spec.inputSize, features }, options.head, format)
  const { head } = chosen
  const whole = gruSpec({ ...spec, outputSize: head?.outputs ?? 0 })
  checkPreset(whole, options.preset)
  const model = assemble(whole, cells(), head && headWeights(head, features))
  const used = [...gru.names].map((name) => tensors.get(name)).concat(head?.W, head?.b)
  return {
    model,
    notes: [...notes, ...chosen.notes, ...roundingNotes(used)],
  }
}

function choose(
  found: readonly NamedGru[],
  tensors: ReadonlyMap<string, Tensor>,
  { prefix }: ImportOptions,
  format: FormatName,
): NamedGru {
  const exact = found.filter((gru) => gru.prefix === prefix)
  const fitting =
    exact.length > 0 || prefix === undefined ? exact : found.filter((gru) => gru.prefix.startsWith(prefix))
  const list = prefix === undefined ? found : fitting
  if (list.length === 1) return list[0]
  const shown = listed((list.length > 0 ? list : found).map((gru) => quote(gru.prefix)))
  if (list.length > 1) {
    throw new FormatError(
      `the file has ${list.length} GRUs, with the prefixes ${shown}: choose one by its prefix`,
    )
  }
  if (found.length > 0)
    throw new FormatError(`the file has no GRU with the prefix ${quote(prefix)}, but with ${shown}`)
  const names = listed([...tensors.keys()].map(quote))
  throw new FormatError(
    `the ${format} file has no GRU: none of its ${tensors.size} tensors has a name like weight_ih_l0, Wr or ` +
      `reset_gate/kernel${names && `; it has ${names}`}`,
  )
}

function headWeights({ W, b, outputs, transposed }: NamedHead, features: number): HeadWeights {
  const matrix = W.values()
  return { W: transposed ? transpose(matrix, features, outputs) : matrix, b: b?.values() }
}
