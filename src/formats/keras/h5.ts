import { parseJson } from '../json.ts'
import type { Contents, Reader, Tensor } from '../types.ts'
import { hasGates, interpretGates } from './gates.ts'
import { interpretLayers } from './interpret.ts'
import { interpretModel } from './model.ts'
import { below } from './paths.ts'
import { type H5Contents, readTensors } from './read-tensors.ts'
import { layersByFolder, layersByName } from './weights-only.ts'

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
const MODEL_WEIGHTS = 'model_weights'

/** HDF5 files of Keras 2 and 3: whole models (`.h5`), and weights alone (`.weights.h5`). */
export const kerasH5: Reader = {
  format: 'keras-h5',
  matches: (bytes) => SIGNATURE.every((byte, i) => bytes[i] === byte),
  async open(bytes) {
    const h5 = await readTensors(bytes)
    const config = h5.text('model_config')
    return config === undefined ? weightsOnly(h5) : wholeModel(h5, config)
  },
}

function wholeModel(h5: H5Contents, text: string): Contents {
  const { tensors } = h5
  const config = parseJson(new TextEncoder().encode(text), 'the model_config')
  const dialect = { tfjs: false, version: h5.text('keras_version') }
  const weightsOf = ({ name }: { name: string }): ReadonlyMap<string, Tensor> =>
    below(tensors, `${MODEL_WEIGHTS}/${name}/`)
  const format = 'keras-h5'
  return {
    format,
    tensors,
    metadata: metadataOf(h5),
    interpret: (options) => interpretModel({ format, dialect, config, tensors, weightsOf }, options),
  }
}

function weightsOnly(h5: H5Contents): Contents {
  const { tensors, layerNames } = h5
  const format = 'keras-weights'
  return {
    format,
    tensors,
    metadata: metadataOf(h5),
    interpret(options) {
      if (hasGates(tensors)) return interpretGates(tensors, [], options, format)
      const layers =
        layerNames.length > 0 ? layersByName(tensors, layerNames) : layersByFolder(tensors, options)
      return interpretLayers(layers, { tfjs: false }, options)
    },
  }
}

function metadataOf({ text }: H5Contents): Map<string, string> {
  const metadata = new Map<string, string>()
  for (const name of ['keras_version', 'backend']) {
    const value = text(name)
    if (value !== undefined) metadata.set(name, value)
  }
  return metadata
}
