import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { MAX_DEPTH, MAX_HEADER, MAX_TENSORS } from '../limits.ts'
import { kindOf, type Value, type View } from './values.ts'

/** Characters of a name with its dots. */
const MAX_NAME = 500
/** A pickle that repeats nothing has fewer entries than bytes. */
const MAX_ENTRIES = MAX_HEADER
/** Numbers and text of a checkpoint worth showing: those at the top and one level below. */
const MAX_METADATA = 64
const METADATA_DEPTH = 2

export interface Flat {
  readonly tensors: ReadonlyMap<string, View>
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * The tensors of a checkpoint by dotted names, such as `model_state_dict.gru.weight_ih_l0`; items of lists and tuples
 * by their index. Numbers and text beside them become metadata, quoted.
 * @throws FormatError when it is not a dict or a list, or is nested or repeated beyond all use
 */
export function flatten(root: Value): Flat {
  const tensors = new Map<string, View>()
  const metadata = new Map<string, string>()
  const path: string[] = []
  let entries = 0

  const name = (): string => {
    const length = path.reduce((sum, part) => sum + part.length + 1, -1)
    if (length > MAX_NAME) throw new FormatError(`a name in the file has ${length} characters, too many`)
    return path.join('.')
  }
  const add = (view: View): void => {
    const full = name()
    if (tensors.has(full)) throw new FormatError(`the file holds two tensors named ${quote(full)}`)
    if (tensors.size >= MAX_TENSORS) throw new FormatError(`the file names more than ${MAX_TENSORS} tensors`)
    tensors.set(full, view)
  }
  const enter = (key: Value, value: Value): void => {
    if (++entries > MAX_ENTRIES) throw new FormatError('the file repeats its values too often')
    // A module's weights have names; what is listed under anything else is no module's.
    if (key !== null && typeof key === 'object') return
    path.push(String(key))
    visit(value)
    path.pop()
  }
  const visit = (value: Value): void => {
    if (path.length > MAX_DEPTH) {
      throw new FormatError(`the file is nested more than ${MAX_DEPTH} levels deep, or holds itself`)
    }
    if (value === null) return
    if (typeof value !== 'object') {
      if (path.length <= METADATA_DEPTH && metadata.size < MAX_METADATA) metadata.set(name(), quote(value))
    } else if (value.kind === 'tensor') {
      add(value)
    } else if (value.kind === 'dict') {
      for (const [key, item] of value.entries) enter(key, item)
    } else if (value.kind === 'list' || value.kind === 'tuple') {
      value.items.forEach((item, i) => {
        enter(i, item)
      })
    }
  }

  if (!isContainer(root)) {
    throw new FormatError(`the file holds no weights by name but one ${kindOf(root)}`)
  }
  visit(root)
  return { tensors, metadata }
}

function isContainer(value: Value): boolean {
  return ['dict', 'list', 'tuple'].includes(kindOf(value))
}
