import { presets } from '../engine/spec.ts'
import { quote } from '../quote.ts'
import { FormatError } from './error.ts'
import { openSource } from './file.ts'
import { kerasArchive } from './keras/archive.ts'
import { kerasH5 } from './keras/h5.ts'
import { npz } from './npz/reader.ts'
import { onnx } from './onnx/reader.ts'
import { pytorch } from './pytorch/reader.ts'
import { safetensors } from './safetensors/reader.ts'
import { tfjs } from './tfjs/reader.ts'
import type { Contents, FormatName, Imported, ImportOptions, Inspection, Reader } from './types.ts'

/** In the order in which they are asked. */
export const readers: readonly Reader[] = [safetensors, npz, pytorch, kerasArchive, kerasH5, tfjs, onnx]

/**
 * Reads the model in a file of another framework, or of {@link writeModel}.
 *
 * The format is told by the content: safetensors, NumPy `.npz`, PyTorch `.pt`, ONNX, Keras `.keras`, `.h5` and
 * `.weights.h5`, TensorFlow.js `model.json`. Nothing in a file is ever executed.
 * @param source a path, or the file's content; a format of several files needs the path
 * @throws FormatError, one sentence, when the file cannot be read, or there is not exactly one GRU in it that gives
 * here what it gives there
 */
export async function readModel(
  source: string | Uint8Array,
  options: ImportOptions = {},
): Promise<Imported & { readonly format: FormatName }> {
  const contents = await openContents(source, options)
  const { model, preprocessing, notes } = interpret(contents, options)
  return { format: contents.format, model, preprocessing, notes }
}

/**
 * What is in a file, also when no model can be made of it: then `problem` says why.
 * @throws FormatError when the file cannot be read or is of no known format
 */
export async function inspectModel(
  source: string | Uint8Array,
  options: ImportOptions = {},
): Promise<Inspection> {
  const contents = await openContents(source, options)
  const { format, metadata } = contents
  const tensors = [...contents.tensors].map(([name, { shape, dtype }]) => ({ name, shape, dtype }))
  const shown = { format, tensors, metadata }
  try {
    const { model, preprocessing, notes } = interpret(contents, options)
    return { ...shown, spec: model.spec, preprocessing, notes }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { ...shown, notes: [], problem: error.message }
  }
}

async function openContents(source: string | Uint8Array, options: ImportOptions): Promise<Contents> {
  check(options)
  const { bytes, readSibling } = await openSource(source)
  const reader = readers.find(({ matches }) => matches(bytes))
  if (!reader) {
    throw new FormatError(
      `the file is of no known format: ${[...new Set(readers.map(({ format }) => format))].join(', ')}`,
    )
  }
  return reader.open(bytes, readSibling)
}

/** Sizes that no specification takes are the file's fault here, not the caller's. */
function interpret(contents: Contents, options: ImportOptions): Imported {
  try {
    return contents.interpret(options)
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(`the file's GRU cannot be run: ${error.message}`)
    throw error
  }
}

function check({ preset, prefix, head }: ImportOptions): void {
  if (preset !== undefined && !Object.hasOwn(presets, preset)) {
    throw new RangeError(`preset must be one of ${Object.keys(presets).join(', ')}, got ${quote(preset)}`)
  }
  if (prefix !== undefined && typeof prefix !== 'string') {
    throw new TypeError(`prefix must be text, got ${quote(prefix)}`)
  }
  if (head !== undefined && head !== false && typeof head !== 'string') {
    throw new TypeError(`head must be a name or false, got ${quote(head)}`)
  }
}
