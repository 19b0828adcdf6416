import type { DataObjects } from 'jsfive'
import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { MAX_HEADER, MAX_TENSORS } from '../limits.ts'
import { readShape } from './h5-dataset.ts'
import type { H5Attribute } from './protocol.ts'

const ATTRIBUTE = 12
const TEXT = 3
const TEXT_OF_ANY_LENGTH = 9
/** Those that say how weights are to be read. Longer lists of names are cut into `layer_names0`, `layer_names1`, … */
const NAMES = /^(model_config|keras_version|backend|layer_names\d*)$/

/**
 * The attributes of a group that matter to Keras.
 * @throws FormatError when one is too long
 */
export function readAttributes(buffer: ArrayBuffer, objects: DataObjects, path: string): H5Attribute[] {
  const view = new DataView(buffer)
  const found: H5Attribute[] = []
  for (const message of objects.find_msg_type(ATTRIBUTE)) {
    const at = message.get('offset_to_message')
    const header = readHeader(view, at)
    if (!header || !NAMES.test(header.name)) continue
    const name = `the attribute ${quote(header.name)}`
    const kind = view.getUint8(header.type) & 0x0f
    if (kind !== TEXT && kind !== TEXT_OF_ANY_LENGTH)
      throw new FormatError(`${name} of the HDF5 file is not a text`)
    const count = readShape(view, header.space, name).reduce((a, b) => a * b, 1)
    const size = count * (kind === TEXT ? view.getUint32(header.type + 4, true) : 1)
    if (count > MAX_TENSORS || size > MAX_HEADER)
      throw new FormatError(`${name} of the HDF5 file is too long`)
    const [, value] = objects.unpack_attribute(at)
    const texts = (Array.isArray(value) ? value : [value]).map((text) => String(text).replace(/\0+$/, ''))
    if (texts.some((text) => text.length > MAX_HEADER))
      throw new FormatError(`${name} of the HDF5 file is too long`)
    found.push({ path, name: header.name, value: Array.isArray(value) ? texts : texts[0] })
  }
  return found
}

/** Where in an attribute message its parts lie; undefined for kinds that Keras does not write. */
function readHeader(
  view: DataView,
  at: number,
): { readonly name: string; readonly type: number; readonly space: number } | undefined {
  const version = view.getUint8(at)
  if (version !== 1 && version !== 3) return undefined
  const pad = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size)
  const start = at + (version === 1 ? 8 : 9)
  const length = view.getUint16(at + 2, true)
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, start, length)).replace(/\0+$/, '')
  const type = start + pad(length)
  return { name, type, space: type + pad(view.getUint16(at + 4, true)) }
}
