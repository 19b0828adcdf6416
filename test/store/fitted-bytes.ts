import assert from 'node:assert/strict'
import { FormatError } from '../../src/formats/error.ts'
import { readFitted, writeFitted } from '../../src/store/fitted.ts'
import { safetensorsOf } from '../formats/files.ts'
import { sample } from './fitted-models.ts'

/** The header of a safetensors file that may still be changed. */
export interface Header {
  readonly __metadata__: Record<string, string>
  [tensor: string]: { dtype: string; shape: number[]; data_offsets: number[] } | Record<string, string>
}

/** Header and numbers of the sample's file. */
export function parts(): { header: Header; data: Uint8Array } {
  const bytes = writeFitted(sample)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  return {
    header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))),
    data: bytes.subarray(8 + length),
  }
}

/** The sample's file with its header changed. */
export function changed(change: (header: Header) => void): Uint8Array {
  const { header, data } = parts()
  change(header)
  return safetensorsOf(header, data)
}

/** The sample's file with another text for its channels. */
export function withChannels(text: string): Uint8Array {
  const { header, data } = parts()
  const [begin] = offsets(header, 'channels')
  const bytes = Buffer.from(text)
  header.channels = { dtype: 'U8', shape: [bytes.length], data_offsets: [begin, begin + bytes.length] }
  return safetensorsOf(header, Buffer.concat([data.subarray(0, begin), bytes]))
}

export function offsets(header: Header, tensor: string): readonly number[] {
  return (header[tensor] as { data_offsets: number[] }).data_offsets
}

/** Why a file is refused: the sentence, having made sure that it is a FormatError's. */
export async function refusal(source: string | Uint8Array): Promise<string> {
  const error = await readFitted(source).catch((reason: unknown) => reason)
  assert.ok(error instanceof FormatError, `not refused: ${String(error)}`)
  return error.message
}

/** The sample with one part of its metadata replaced. */
export const said = (name: string, text: string): Uint8Array => {
  return changed(({ __metadata__ }) => {
    __metadata__[name] = text
  })
}
export const specOf = (change: object): Uint8Array =>
  said('spec', JSON.stringify({ ...sample.model.spec, ...change }))
