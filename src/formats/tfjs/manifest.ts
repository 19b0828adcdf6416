import { quote } from '../../quote.ts'
import { type Dtype, ITEM_SIZE } from '../dtype.ts'
import { FormatError } from '../error.ts'
import type { Json } from '../json.ts'
import { field } from '../keras/layer.ts'
import { below } from '../keras/paths.ts'
import { MAX_FILE, MAX_TENSORS } from '../limits.ts'
import { listed } from '../listing.ts'
import { createTensor, elementCount } from '../tensor.ts'
import type { ReadSibling, Tensor } from '../types.ts'

interface Weight {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: keyof typeof ITEM_SIZE
  readonly length: number
}

interface Group {
  readonly paths: readonly string[]
  readonly weights: readonly Weight[]
}

const DTYPES: ReadonlyMap<Json | undefined, Weight['dtype']> = new Map<Json | undefined, Weight['dtype']>([
  ['float32', 'F32'],
  ['float16', 'F16'],
  ['int32', 'I32'],
  ['uint8', 'U8'],
  ['uint16', 'U16'],
  ['bool', 'BOOL'],
])

/**
 * Reads the weights that a manifest lists: each group's files in a row hold its weights in a row, without gaps.
 * @throws FormatError when the manifest is impossible or the files have another size than it says
 */
export async function readManifest(
  manifest: Json | undefined,
  readSibling: ReadSibling,
): Promise<Map<string, Tensor>> {
  if (!Array.isArray(manifest)) throw new FormatError('model.json has no weightsManifest')
  const groups = manifest.map(readGroup)
  checkWhole(groups)
  const tensors = new Map<string, Tensor>()
  for (const { paths, weights } of groups) {
    const parts: Uint8Array[] = []
    for (const path of paths) parts.push(await readSibling(path))
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts)
    const needed = weights.reduce((sum, { length }) => sum + length, 0)
    if (bytes.byteLength !== needed) {
      throw new FormatError(
        `${listed(paths.map(quote))} should hold ${needed} bytes of weights, not ${bytes.byteLength}`,
      )
    }
    let at = 0
    for (const { name, shape, dtype, length } of weights) {
      tensors.set(
        name,
        createTensor({ name: quote(name), shape, dtype, bytes: bytes.subarray(at, at + length) }),
      )
      at += length
    }
  }
  return tensors
}

/** The weights of a layer: `gru/kernel`, or `model/gru/gru_cell/kernel` where the converter wrote a Keras 3 model. */
export function weightsOf(tensors: ReadonlyMap<string, Tensor>, layer: string): Map<string, Tensor> {
  const found = below(tensors, `${layer}/`)
  if (found.size > 0) return found
  const inner = [...tensors].map(([name, tensor]) => [name.slice(name.indexOf('/') + 1), tensor] as const)
  return below(new Map(inner), `${layer}/`)
}

function readGroup(group: Json): Group {
  const paths = field(group, 'paths')
  const weights = field(group, 'weights')
  if (!Array.isArray(paths) || !Array.isArray(weights) || paths.length === 0) {
    throw new FormatError('a group of the weightsManifest names no files or no weights')
  }
  return {
    paths: paths.map((path) => {
      if (typeof path !== 'string')
        throw new FormatError(`the weightsManifest names ${quote(path)} as a file`)
      return path
    }),
    weights: weights.map(readWeight),
  }
}

function readWeight(weight: Json): Weight {
  const name = field(weight, 'name')
  const shape = field(weight, 'shape')
  if (typeof name !== 'string' || !Array.isArray(shape)) {
    throw new FormatError('a weight of the weightsManifest has no name or no shape')
  }
  const sizes = shape.map(Number)
  const dtype = dtypeOf(weight, name)
  return { name, shape: sizes, dtype, length: elementCount(sizes, quote(name)) * ITEM_SIZE[dtype] }
}

/** Halves are written as a quantisation without scale; whole numbers with one are only nearly the weights. */
function dtypeOf(weight: Json, name: string): Weight['dtype'] {
  const quantisation = field(weight, 'quantization')
  const written = quantisation === undefined ? field(weight, 'dtype') : field(quantisation, 'dtype')
  if (quantisation !== undefined && written !== 'float16') {
    throw new FormatError(
      `${quote(name)} is quantised to ${quote(written)}; read the model before it was quantised`,
    )
  }
  const dtype: Dtype | undefined = DTYPES.get(written)
  if (dtype === undefined)
    throw new FormatError(`${quote(name)} is of the type ${quote(written)}, not float32`)
  return dtype
}

function checkWhole(groups: readonly Group[]): void {
  const paths = groups.flatMap((group) => group.paths)
  const weights = groups.flatMap((group) => group.weights)
  if (paths.length > MAX_TENSORS || weights.length > MAX_TENSORS) {
    throw new FormatError(`the weightsManifest names more than ${MAX_TENSORS} files or weights`)
  }
  if (new Set(paths).size < paths.length) throw new FormatError('the weightsManifest names a file twice')
  if (new Set(weights.map(({ name }) => name)).size < weights.length) {
    throw new FormatError('the weightsManifest names a weight twice')
  }
  if (weights.reduce((sum, { length }) => sum + length, 0) > MAX_FILE) {
    throw new FormatError('the weights of the weightsManifest are too large')
  }
}
