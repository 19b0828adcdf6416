import { tensors } from '../../engine/layout.ts'
import type { Model } from '../../engine/model.ts'
import { FormatError } from '../error.ts'
import { MAX_HEADER } from '../limits.ts'
import { NATIVE_KEY, writeDescription } from '../native.ts'
import { asTorch } from '../torch-form.ts'
import type { Writer } from '../types.ts'

const LENGTH_SIZE = 8
/** Where numbers begin is a multiple of this, so that they can be read in place. */
const ALIGNMENT = 8

/** Any model, its tensors named as `tensors(spec)` says and the specification in the metadata. */
export const writeSafetensors: Writer = (model, preprocessing) => ({
  bytes: encode(model, (name) => name, writeDescription(model.spec, preprocessing)),
  notes: [],
})

/** For `load_state_dict` of a module with `self.gru = nn.GRU(…)` and, with a projection, `self.head = nn.Linear(…)`. */
export const writePytorch: Writer = (model, preprocessing) => {
  const torch = asTorch(model, 'PyTorch')
  const name = (own: string): string => (own.startsWith('head.') ? own : `gru.${own}`)
  const description = preprocessing && writeDescription(undefined, preprocessing)
  return { bytes: encode(torch.model, name, description), notes: torch.notes }
}

function encode(
  { spec, weights }: Model,
  nameOf: (own: string) => string,
  description: string | undefined,
): Uint8Array {
  const header: Record<string, unknown> = {
    // What PyTorch's safetensors asks for.
    __metadata__: { format: 'pt', ...(description !== undefined && { [NATIVE_KEY]: description }) },
  }
  for (const { name, shape, offset } of tensors(spec)) {
    const begin = offset * weights.BYTES_PER_ELEMENT
    const length = shape.reduce((a, b) => a * b, weights.BYTES_PER_ELEMENT)
    header[nameOf(name)] = { dtype: 'F32', shape, data_offsets: [begin, begin + length] }
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  // Thousands of inputs with long names.
  if (text.byteLength > MAX_HEADER) {
    throw new FormatError(`the header would have ${text.byteLength} bytes, at most ${MAX_HEADER} are read`)
  }
  const start = Math.ceil((LENGTH_SIZE + text.byteLength) / ALIGNMENT) * ALIGNMENT
  const bytes = new Uint8Array(start + weights.byteLength).fill(0x20, LENGTH_SIZE, start)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(start - LENGTH_SIZE), true)
  bytes.set(text, LENGTH_SIZE)
  weights.forEach((value, i) => {
    view.setFloat32(start + i * weights.BYTES_PER_ELEMENT, value, true)
  })
  return bytes
}
