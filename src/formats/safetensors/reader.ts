import { quote } from '../../quote.ts'
import { describedContents } from '../described.ts'
import { FORECASTER_KEY, noGru } from '../forecaster.ts'
import { readNative } from '../native.ts'
import { createTensor } from '../tensor.ts'
import type { Contents, Reader, Tensor } from '../types.ts'
import { isSafetensors, openSafetensors } from './container.ts'

export const safetensors: Reader = {
  format: 'safetensors',

  matches: isSafetensors,

  open(bytes): Contents {
    const { metadata, entries } = openSafetensors(bytes)
    const tensors = new Map(
      entries.map((entry): [string, Tensor] => [
        entry.name,
        createTensor({ ...entry, name: quote(entry.name) }),
      ]),
    )
    const contents = describedContents('safetensors', tensors, metadata, (all, spec, options) => ({
      model: readNative(all, spec, options),
      notes: [],
    }))
    return metadata.has(FORECASTER_KEY) ? { ...contents, interpret: noGru } : contents
  },
}
