import { ITEM_SIZE } from '../dtype.ts'
import { FormatError } from '../error.ts'
import { MAX_INFLATED_EXTRA } from '../limits.ts'
import { interpretNames } from '../names/interpret.ts'
import { elementCount } from '../tensor.ts'
import type { Contents, Reader, Tensor } from '../types.ts'
import { isArchive, openArchive } from './archive.ts'
import { flatten } from './flatten.ts'
import { isLegacy, isTar, openLegacy, refuseTar } from './legacy.ts'
import { createViewTensor } from './view.ts'

/** Bytes of tensors for each byte of the file, beyond those allowed to any file. */
const MAX_SHARING = 2

/** Files of torch.save: a state_dict, or a checkpoint that has one in it. Nothing of a file is ever executed. */
export const pytorch: Reader = {
  format: 'pytorch',
  matches: (bytes) => isArchive(bytes) || isLegacy(bytes) || isTar(bytes),
  open,
}

function open(bytes: Uint8Array): Contents {
  if (isTar(bytes)) refuseTar()
  const { root, littleEndian, bytesOf } = isLegacy(bytes) ? openLegacy(bytes) : openArchive(bytes)
  const { tensors: views, metadata } = flatten(root)
  const tensors = new Map<string, Tensor>()
  let total = 0
  for (const [name, view] of views) {
    const tensor = createViewTensor(name, view, bytesOf(view.storage), littleEndian)
    total += elementCount(tensor.shape, name) * ITEM_SIZE[view.storage.dtype]
    // Tensors may share a storage, tied weights for instance; many that share a large one would not fit into memory.
    if (total > MAX_SHARING * bytes.length + MAX_INFLATED_EXTRA) {
      throw new FormatError(`the tensors share their numbers so often that they would take ${total} bytes`)
    }
    tensors.set(name, tensor)
  }
  return {
    format: 'pytorch',
    tensors,
    metadata,
    interpret: (options) => interpretNames(tensors, options, 'pytorch'),
  }
}
