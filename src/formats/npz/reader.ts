import { isDeepStrictEqual } from 'node:util'
import type { GruSpec } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import { describedContents } from '../described.ts'
import { FormatError } from '../error.ts'
import { MAX_HEADER, MAX_TENSORS } from '../limits.ts'
import { interpretNames } from '../names/interpret.ts'
import { NUMPY_PRESETS } from '../names/numpy.ts'
import { checkOptions, NATIVE_KEY } from '../native.ts'
import { createTensor } from '../tensor.ts'
import type { Contents, Imported, ImportOptions, Reader, Tensor } from '../types.ts'
import { readZip, zipNames } from '../zip/read.ts'
import { type NpyArray, readNpy } from './npy.ts'

const EXTENSION = '.npy'

/** Arrays of `numpy.savez` and `savez_compressed`, by name. */
export const npz: Reader = {
  format: 'npz',

  matches(bytes) {
    return zipNames(bytes)[0]?.endsWith(EXTENSION) ?? false
  },

  open(bytes): Contents {
    const entries = readZip(bytes)
    if (entries.size > MAX_TENSORS) {
      throw new FormatError(`the file has ${entries.size} arrays, at most ${MAX_TENSORS} are read`)
    }
    const tensors = new Map<string, Tensor>()
    const metadata = new Map<string, string>()
    for (const [entry, unpack] of entries) {
      if (!entry.endsWith(EXTENSION))
        throw new FormatError(`the file has ${quote(entry)}, which is no NumPy array`)
      const name = entry.slice(0, -EXTENSION.length)
      const array = readNpy(unpack(), quote(name))
      if (name === NATIVE_KEY) metadata.set(name, readText(array))
      else tensors.set(name, createTensor({ name: quote(name), ...array }))
    }
    return describedContents('npz', tensors, metadata, readDescribed)
  },
}

/** Names that do not say the equations, and a description that does. */
function readDescribed(
  tensors: ReadonlyMap<string, Tensor>,
  spec: GruSpec,
  options: ImportOptions,
): Imported {
  checkOptions(spec, options)
  const preset = spec.cell === 'reset-after' ? 'pytorch' : NUMPY_PRESETS[spec.cell]
  const { model } = interpretNames(tensors, { preset }, 'npz')
  if (!isDeepStrictEqual(model.spec, spec)) {
    throw new FormatError('the description is of another GRU than the arrays of the file')
  }
  return { model, notes: [] }
}

function readText({ dtype, shape, bytes }: NpyArray): string {
  if (dtype !== 'U8' || shape.length !== 1)
    throw new FormatError(`the array ${quote(NATIVE_KEY)} is not text in bytes`)
  if (bytes.byteLength > MAX_HEADER) {
    throw new FormatError(
      `the array ${quote(NATIVE_KEY)} has ${bytes.byteLength} bytes, at most ${MAX_HEADER} are read`,
    )
  }
  return new TextDecoder().decode(bytes)
}
