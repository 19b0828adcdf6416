import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { type Json, parseJson } from '../json.ts'
import { field } from '../keras/layer.ts'
import { interpretModel } from '../keras/model.ts'
import { MAX_HEADER } from '../limits.ts'
import type { Contents, Reader, ReadSibling } from '../types.ts'
import { readManifest, weightsOf } from './manifest.ts'

const BRACE = 0x7b
/** How far the words are looked for that tell the format. */
const NEAR = 2 ** 20

/** TensorFlow.js layers models: `model.json` with its weights in files beside it. */
export const tfjs: Reader = {
  format: 'tfjs',
  matches(bytes) {
    const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, NEAR))
    const first = start.findIndex((byte) => byte > 0x20)
    return (
      start[first] === BRACE && (start.includes('"modelTopology"') || start.includes('"weightsManifest"'))
    )
  },
  open,
}

async function open(bytes: Uint8Array, readSibling: ReadSibling): Promise<Contents> {
  if (bytes.byteLength > MAX_HEADER)
    throw new FormatError(`model.json has ${bytes.byteLength} bytes, too many`)
  const json = parseJson(bytes, 'model.json')
  const topology = field(json, 'modelTopology') ?? null
  const kind = field(json, 'format')
  if (kind === 'graph-model' || field(topology, 'node') !== undefined) {
    throw new FormatError(
      'this is a TensorFlow.js graph model, which has no layers; only layers models are read',
    )
  }
  if (kind !== undefined && kind !== 'layers-model') {
    throw new FormatError(`model.json is of the format ${quote(kind)}, not a layers model`)
  }
  const tensors = await readManifest(field(json, 'weightsManifest'), readSibling)
  const version = textOf(field(topology, 'keras_version'))
  const metadata = new Map<string, string>()
  for (const name of ['generatedBy', 'convertedBy']) {
    const value = textOf(field(json, name))
    if (value !== undefined) metadata.set(name, value)
  }
  if (version !== undefined) metadata.set('keras_version', version)
  // The converter from Keras puts the model one level deeper than TensorFlow.js itself.
  const config = field(topology, 'model_config') ?? topology
  const format = 'tfjs'
  return {
    format,
    tensors,
    metadata,
    interpret: (options) =>
      interpretModel(
        {
          format,
          dialect: { tfjs: true, version },
          config,
          tensors,
          weightsOf: ({ name }) => weightsOf(tensors, name),
        },
        options,
      ),
  }
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
