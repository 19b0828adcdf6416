import { FormatError } from '../formats/error.ts'
import { openSource } from '../formats/file.ts'
import { FORECASTER_KEY } from '../formats/forecaster.ts'
import { expectShape } from '../formats/native.ts'
import { inspectModel } from '../formats/read.ts'
import { type Entry, isSafetensors, openSafetensors } from '../formats/safetensors/container.ts'
import { packSafetensors } from '../formats/safetensors/pack.ts'
import { createTensor } from '../formats/tensor.ts'
import { netLayout } from '../learn/segment/net.ts'
import type { SegmentModel, SegmentSpec } from '../learn/segment/types.ts'
import { quote } from '../quote.ts'
import { decodeChannels, encodeChannels } from './fitted-channels.ts'
import { type FittedFacts, readMetadata, writeMetadata } from './fitted-metadata.ts'
import { netTensors } from './fitted-tensors.ts'

/** A fitted forecaster, and what is known of it. */
export interface SavedFitted extends FittedFacts {
  readonly model: SegmentModel
}

/** The tensor of bytes that says which streams the model was fitted on. */
const CHANNELS = 'channels'

/**
 * A fitted forecaster as a safetensors file: the same bytes for the same forecaster. `docs/formats.md` tells what is in it.
 * @throws RangeError naming a value that no forecaster has
 * @throws FormatError when the file would be too large to be read
 */
export function writeFitted(fitted: SavedFitted): Uint8Array {
  const { model, period, metrics, fittedAt } = fitted
  const { spec, weights } = model
  const metadata = writeMetadata({ spec, period, metrics, fittedAt })
  if (model.channels.length !== spec.channels) {
    throw new RangeError(
      `channels must be ${spec.channels} as spec.channels says, got ${model.channels.length}`,
    )
  }
  const channels = encodeChannels(model.channels)
  const { size } = netLayout(spec)
  if (weights.length !== size) throw new RangeError(`weights must hold ${size} values, got ${weights.length}`)
  const bad = weights.findIndex((w) => !Number.isFinite(w))
  if (bad >= 0) throw new RangeError(`weights must be finite, got ${weights[bad]} at index ${bad}`)
  const blocks = netTensors(spec).map(({ name, shape, offset }) => {
    return { name, shape, values: weights.subarray(offset, offset + countOf(shape)) }
  })
  return packSafetensors(metadata, [
    ...blocks,
    { name: CHANNELS, shape: [channels.byteLength], values: channels },
  ])
}

/**
 * Reads what {@link writeFitted} wrote, bit for bit. Sizes are checked against the file before memory is taken.
 * @param source a path, or the file's content
 * @throws FormatError, one sentence, when it is anything else; of another weight file it says what that is
 */
export async function readFitted(source: string | Uint8Array): Promise<SavedFitted> {
  const { bytes } = await openSource(source)
  if (!isSafetensors(bytes)) throw await otherFile(source)
  const { metadata, entries } = openSafetensors(bytes)
  if (!metadata.has(FORECASTER_KEY)) throw await otherFile(source)
  return refused(() => {
    const { spec, ...known } = readMetadata(metadata)
    const tensors = openTensors(entries, spec)
    const channels = decodeChannels(tensors.channels, spec.channels)
    return { model: { spec, weights: tensors.readWeights(), channels }, ...known }
  })
}

interface Tensors {
  /** The bytes of the channels. */
  readonly channels: Uint8Array
  readWeights(): Float32Array
}

/** @throws FormatError unless the tensors are exactly those of a forecaster of `spec` */
function openTensors(entries: readonly Entry[], spec: SegmentSpec): Tensors {
  const places = netTensors(spec)
  const found = new Map(entries.map((entry) => [entry.name, entry]))
  const stray = entries.find(({ name }) => name !== CHANNELS && !places.some((place) => place.name === name))
  if (stray) throw new FormatError(`the file has the tensor ${quote(stray.name)}, which no forecaster has`)
  const entryOf = (name: string): Entry => {
    const entry = found.get(name)
    if (!entry) throw new FormatError(`the forecaster has no tensor ${quote(name)}`)
    return entry
  }
  const parts = places.map(({ name, shape, offset }) => {
    const tensor = createTensor({ ...entryOf(name), name: quote(name) })
    expectShape(name, tensor, shape)
    return { tensor, offset }
  })
  const channels = entryOf(CHANNELS)
  if (channels.dtype !== 'U8') {
    throw new FormatError(`${quote(CHANNELS)} is of type ${channels.dtype} where U8 is needed`)
  }
  expectShape(CHANNELS, createTensor({ ...channels, name: quote(CHANNELS) }), [channels.bytes.byteLength])
  return {
    channels: channels.bytes,
    readWeights() {
      const weights = new Float32Array(netLayout(spec).size)
      for (const { tensor, offset } of parts) weights.set(tensor.values(), offset)
      return weights
    },
  }
}

/** The refusal of a file that is no forecaster: what it is instead. */
async function otherFile(source: string | Uint8Array): Promise<FormatError> {
  try {
    const { format, spec, problem } = await inspectModel(source)
    return new FormatError(
      spec
        ? `the file is no forecaster but a GRU of ${spec.inputSize} inputs and ${spec.hiddenSize} hidden units (${format}), which the node gru-step runs`
        : `the file is no forecaster, and no GRU either: ${problem}`,
    )
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return new FormatError(`the file is no forecaster: ${error.message}`)
  }
}

/** Our own checks of what a file says: their sentence, the file's fault. */
function refused<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(`the forecaster cannot be used: ${error.message}`)
    throw error
  }
}

const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
