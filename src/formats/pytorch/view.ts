import { quote } from '../../quote.ts'
import { ITEM_SIZE } from '../dtype.ts'
import { FormatError } from '../error.ts'
import { eachStrided } from '../strided.ts'
import { createTensor, elementCount } from '../tensor.ts'
import type { Tensor } from '../types.ts'
import type { View } from './values.ts'

/**
 * The tensor that is seen through a view of its storage.
 * @param bytes all of the storage
 * @throws FormatError when the view reaches beyond the storage, or sees one number in two places
 */
export function createViewTensor(name: string, view: View, bytes: Uint8Array, littleEndian: boolean): Tensor {
  const { storage, offset, shape, strides } = view
  const what = `tensor ${quote(name)}`
  const { dtype } = storage
  const size = ITEM_SIZE[dtype]
  const count = elementCount(shape, what)
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis], offset)
  if (count > 0 && !(last < storage.length)) {
    throw new FormatError(`${what} reaches beyond the ${storage.length} numbers of its storage`)
  }
  if (count > 0 && overlaps(view)) throw new FormatError(`${what} has strides by which its numbers overlap`)

  const common = { name: what, shape, dtype, littleEndian }
  const start = count > 0 ? offset * size : 0
  if (isRowMajor(view)) return createTensor({ ...common, bytes: bytes.subarray(start, start + count * size) })
  return {
    shape,
    dtype,
    values: () => createTensor({ ...common, bytes: gather(view, bytes, size) }).values(),
  }
}

/** Whether two indices may lead to one number: a stride that does not step over all that shorter strides reach. */
function overlaps({ shape, strides }: View): boolean {
  const axes = shape.map((length, axis) => ({ length, stride: strides[axis] })).filter((a) => a.length > 1)
  let reach = 0
  for (const { length, stride } of axes.sort((a, b) => a.stride - b.stride)) {
    if (stride <= reach) return true
    reach += (length - 1) * stride
  }
  return false
}

function isRowMajor({ shape, strides }: View): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] > 1 && strides[axis] !== expected) return false
    expected *= shape[axis]
  }
  return true
}

/** The numbers of a view in row-major order, for instance of a transposed matrix. */
function gather({ offset, shape, strides }: View, bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(shape.reduce((a, b) => a * b, size))
  eachStrided(shape, strides, offset, (to, from) => {
    for (let i = 0; i < size; i++) result[to * size + i] = bytes[from * size + i]
  })
  return result
}
