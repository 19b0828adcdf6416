import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { type Json, parseJson } from '../json.ts'
import { MAX_HEADER } from '../limits.ts'
import type { Reader } from '../types.ts'
import { readZip, zipNames } from '../zip/read.ts'
import { interpretModel } from './model.ts'
import { below } from './paths.ts'
import { readTensors } from './read-tensors.ts'

const CONFIG = 'config.json'
const METADATA = 'metadata.json'
const WEIGHTS = 'model.weights.h5'

/** The `.keras` files of Keras 2.12 and newer: a zip of the configuration and the weights. */
export const kerasArchive: Reader = {
  format: 'keras',
  matches(bytes) {
    const names = zipNames(bytes)
    return names.includes(WEIGHTS) || names[0] === CONFIG || names[0] === METADATA
  },
  async open(bytes) {
    const entries = readZip(bytes)
    const config = parseEntry(entries, CONFIG)
    const metadata = new Map<string, string>()
    const about = entries.has(METADATA) ? parseEntry(entries, METADATA) : null
    if (about instanceof Map) {
      for (const [name, value] of about) if (typeof value === 'string') metadata.set(name, value)
    }
    const { tensors } = await readTensors(unpack(entries, WEIGHTS))
    const dialect = { tfjs: false, version: metadata.get('keras_version') }
    const format = 'keras'
    return {
      format,
      tensors,
      metadata,
      interpret: (options) =>
        interpretModel(
          {
            format,
            dialect,
            config,
            tensors,
            weightsOf: ({ folder }) => below(tensors, `layers/${folder}/`),
          },
          options,
        ),
    }
  },
}

type Entries = ReturnType<typeof readZip>

function parseEntry(entries: Entries, name: string): Json {
  const bytes = unpack(entries, name)
  if (bytes.byteLength > MAX_HEADER)
    throw new FormatError(`${quote(name)} has ${bytes.byteLength} bytes, too many`)
  return parseJson(bytes, quote(name))
}

function unpack(entries: Entries, name: string): Uint8Array {
  const entry = entries.get(name)
  if (!entry) throw new FormatError(`the .keras file has no ${quote(name)}`)
  return entry()
}
