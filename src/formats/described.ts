import type { GruSpec } from '../engine/spec.ts'
import { interpretNames } from './names/interpret.ts'
import { NATIVE_KEY, readDescription } from './native.ts'
import type { Contents, FormatName, Imported, ImportOptions, Tensor } from './types.ts'

/** Reads the tensors of a file whose description has the specification. */
export type ReadDescribed = (
  tensors: ReadonlyMap<string, Tensor>,
  spec: GruSpec,
  options: ImportOptions,
) => Imported

/**
 * Contents of a file that may hold our own description among its metadata: read by that if it has the
 * specification, else by the names of the tensors.
 */
export function describedContents(
  format: FormatName,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string>,
  readDescribed: ReadDescribed,
): Contents {
  return {
    format,
    tensors,
    metadata,
    interpret(options) {
      const text = metadata.get(NATIVE_KEY)
      const description = text === undefined ? undefined : readDescription(text)
      const imported = description?.spec
        ? readDescribed(tensors, description.spec, options)
        : interpretNames(tensors, options, format)
      return { ...imported, preprocessing: description?.preprocessing(imported.model.spec) }
    },
  }
}
