import { FormatError } from '../error.ts'
import { MAX_FILE, MAX_HEADER } from '../limits.ts'
import { LENGTH_SIZE, METADATA } from './container.ts'

/** Where numbers begin is a multiple of this, so that they can be read in place. */
const ALIGNMENT = 8

/** A tensor to be written, row-major: float32 or bytes. */
export interface Block {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array | Uint8Array
}

/**
 * The bytes of a safetensors file; the same for the same blocks.
 * @param blocks in the order in which they are to lie, those of float32 before those of bytes
 * @throws FormatError when the file would be larger than one that is read
 */
export function packSafetensors(
  metadata: Readonly<Record<string, string>>,
  blocks: readonly Block[],
): Uint8Array {
  // What PyTorch's safetensors asks for.
  const header: Record<string, unknown> = { [METADATA]: { format: 'pt', ...metadata } }
  let size = 0
  for (const { name, shape, values } of blocks) {
    const dtype = values instanceof Float32Array ? 'F32' : 'U8'
    header[name] = { dtype, shape, data_offsets: [size, size + values.byteLength] }
    size += values.byteLength
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  // Thousands of inputs with long names.
  if (text.byteLength > MAX_HEADER) {
    throw new FormatError(`the header would have ${text.byteLength} bytes, at most ${MAX_HEADER} are read`)
  }
  const start = Math.ceil((LENGTH_SIZE + text.byteLength) / ALIGNMENT) * ALIGNMENT
  if (start + size > MAX_FILE) {
    throw new FormatError(`the file would have ${start + size} bytes, at most ${MAX_FILE} are read`)
  }
  const bytes = new Uint8Array(start + size).fill(0x20, LENGTH_SIZE, start)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - LENGTH_SIZE), true)
  bytes.set(text, LENGTH_SIZE)
  let at = start
  for (const { values } of blocks) {
    put(bytes, at, values)
    at += values.byteLength
  }
  return bytes
}

function put(bytes: Uint8Array, at: number, values: Float32Array | Uint8Array): void {
  if (values instanceof Uint8Array) {
    bytes.set(values, at)
    return
  }
  const view = new DataView(bytes.buffer, at)
  values.forEach((value, i) => {
    view.setFloat32(i * values.BYTES_PER_ELEMENT, value, true)
  })
}
