import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { readZip, zipNames } from '../zip/read.ts'
import { byteLength, type Saved } from './container.ts'
import { ADVICE, createMeaning } from './meaning.ts'
import { unpickle } from './pickle.ts'
import type { Storage } from './values.ts'

// The zip file that torch.save writes since PyTorch 1.6: everything in one folder of any name.

const PICKLE = /^[^/]+\/data\.pkl$/
/** What a TorchScript program has beside its weights. */
const PROGRAM = /^[^/]+\/(constants\.pkl$|code\/)/
const MAX_BYTEORDER = 16

/** Whether the bytes are a zip file with a pickle where torch.save puts it. */
export function isArchive(bytes: Uint8Array): boolean {
  return zipNames(bytes).some((name) => PICKLE.test(name))
}

/** @throws FormatError when it is not a pickle of weights with the bytes that belong to it */
export function openArchive(bytes: Uint8Array): Saved {
  const entries = readZip(bytes)
  const names = [...entries.keys()]
  if (names.some((name) => PROGRAM.test(name))) {
    throw new FormatError(
      `the file is a TorchScript program, which would have to be run: load it with torch.jit.load and ${ADVICE}`,
    )
  }
  const pickles = names.filter((name) => PICKLE.test(name))
  if (pickles.length !== 1) {
    throw new FormatError(`the zip file has ${pickles.length} entries data.pkl in folders, not one`)
  }
  const folder = pickles[0].slice(0, -'data.pkl'.length)
  const read = (name: string): Uint8Array | undefined => entries.get(`${folder}${name}`)?.()

  const pickle = read('data.pkl') ?? new Uint8Array()
  const { value: root, end } = unpickle(pickle, 0, createMeaning(new Map()))
  if (end !== pickle.length) throw new FormatError('the pickle in the file has bytes after its end')
  const unpacked = new Map<Storage, Uint8Array>()
  return {
    root,
    littleEndian: isLittleEndian(read('byteorder')),
    bytesOf: (storage) => {
      const data = unpacked.get(storage) ?? read(`data/${storage.key}`)
      if (!data) throw new FormatError(`the file has no bytes for the storage ${quote(storage.key)}`)
      if (data.length !== byteLength(storage)) {
        throw new FormatError(
          `the storage ${quote(storage.key)} of ${storage.length} ${storage.dtype} has ${data.length} bytes in the file`,
        )
      }
      unpacked.set(storage, data)
      return data
    },
  }
}

/** Older files do not say; all machines that wrote them were little-endian but for a few. */
function isLittleEndian(byteorder: Uint8Array | undefined): boolean {
  if (!byteorder) return true
  const text = new TextDecoder().decode(byteorder.subarray(0, MAX_BYTEORDER))
  if (text !== 'little' && text !== 'big') throw new FormatError(`the file has the byte order ${quote(text)}`)
  return text === 'little'
}
