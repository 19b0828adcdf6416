import { quote } from '../../quote.ts'
import { createTensor } from '../tensor.ts'
import type { Tensor } from '../types.ts'
import { createH5Client } from './client.ts'
import type { H5Attribute } from './protocol.ts'

// Its worker starts with the first file.
const client = createH5Client()

/** What Keras has in an HDF5 file. */
export interface H5Contents {
  readonly tensors: ReadonlyMap<string, Tensor>
  /** An attribute of the root or of the group `model_weights`. */
  text(name: string): string | undefined
  /** Names of the layers, first to last; empty where the file does not say. */
  readonly layerNames: readonly string[]
}

/** @throws FormatError when the file cannot be read */
export async function readTensors(bytes: Uint8Array): Promise<H5Contents> {
  const { datasets, attributes } = await client.read(bytes)
  const tensors = new Map<string, Tensor>()
  for (const { path, shape, dtype, littleEndian, data } of datasets) {
    const own = data instanceof Uint8Array ? data : bytes.subarray(data.at, data.at + data.length)
    tensors.set(path, createTensor({ name: quote(path), shape, dtype, bytes: own, littleEndian }))
  }
  return {
    tensors,
    text(name) {
      const found = attributes.find((attribute) => attribute.name === name)
      return typeof found?.value === 'string' ? found.value : undefined
    },
    layerNames: layerNames(attributes),
  }
}

function layerNames(attributes: readonly H5Attribute[]): string[] {
  return attributes
    .filter(({ name }) => name.startsWith('layer_names'))
    .sort((a, b) => Number(a.name.slice('layer_names'.length)) - Number(b.name.slice('layer_names'.length)))
    .flatMap(({ value }) => value)
}
