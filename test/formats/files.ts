import assert from 'node:assert/strict'
import { FormatError } from '../../src/formats/error.ts'
import { writeNpy } from '../../src/formats/npz/npy.ts'
import { readModel } from '../../src/formats/read.ts'
import type { ImportOptions } from '../../src/formats/types.ts'
import { writeZip } from '../../src/formats/zip/write.ts'

/** Shapes of tensors by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>

/** Why a file is refused: the sentence, having made sure that it is a FormatError's. */
export async function refusal(source: string | Uint8Array, options?: ImportOptions): Promise<string> {
  const error = await readModel(source, options).catch((reason: unknown) => reason)
  assert.ok(error instanceof FormatError, `not refused: ${String(error)}`)
  return error.message
}

/** A safetensors file of any header. */
export function safetensorsOf(header: unknown, data: Uint8Array = new Uint8Array()): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.byteLength))
  return Uint8Array.from(Buffer.concat([length, text, data]))
}

/** A safetensors file of tensors whose numbers count up from 0 in hundredths. */
export function safetensorsWith(shapes: Shapes, metadata?: Readonly<Record<string, string>>): Uint8Array {
  let offset = 0
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {}
  for (const [name, shape] of Object.entries(shapes)) {
    const end = offset + 4 * shape.reduce((a, b) => a * b, 1)
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] }
    offset = end
  }
  const numbers = Float32Array.from({ length: offset / 4 }, (_, i) => i / 100)
  return safetensorsOf(header, new Uint8Array(numbers.buffer))
}

/** An npz file of such tensors. */
export function npzWith(shapes: Shapes): Uint8Array {
  return writeZip(
    Object.entries(shapes).map(([name, shape]) => {
      const length = shape.reduce((a, b) => a * b, 1)
      return [
        `${name}.npy`,
        writeNpy(
          Float32Array.from({ length }, (_, i) => i / 100),
          shape,
        ),
      ]
    }),
  )
}

/** Parameters of an nn.GRU or of one of its relatives. */
export function recurrent(prefix: string, inputs: number, hidden: number, gates = 3): Shapes {
  return {
    [`${prefix}weight_ih_l0`]: [gates * hidden, inputs],
    [`${prefix}weight_hh_l0`]: [gates * hidden, hidden],
    [`${prefix}bias_ih_l0`]: [gates * hidden],
    [`${prefix}bias_hh_l0`]: [gates * hidden],
  }
}

/** What is noted of a linear layer behind a GRU. */
export const projectionNote = (label: string): string =>
  `the linear layer "${label}" is taken as the projection of every state`

export function prefixed(prefix: string, shapes: Shapes): Shapes {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]))
}

export function without(shapes: Shapes, ...names: string[]): Shapes {
  return Object.fromEntries(Object.entries(shapes).filter(([name]) => !names.includes(name)))
}
