import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { MAX_DIMENSIONS, MAX_TENSORS } from '../limits.ts'
import type { Meaning } from './pickle.ts'
import {
  type Global,
  INERT,
  isCount,
  isTuple,
  kindOf,
  type Storage,
  type StorageDtype,
  type Value,
  type View,
} from './values.ts'

/** What to do about a file that holds more than weights. */
export const ADVICE = 'save the weights alone with torch.save(model.state_dict(), path)'

const STORAGES: readonly (readonly [string, StorageDtype])[] = [
  ['DoubleStorage', 'F64'],
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
]

/** By their own name, and by what protocol 2 calls them. */
const BUILTINS = ['builtins', '__builtin__']

const CALLS: readonly (readonly [string, Global['makes']])[] = [
  ['collections.OrderedDict', 'dict'],
  ['torch._utils._rebuild_tensor_v2', 'tensor'],
  ['torch._utils._rebuild_parameter', 'parameter'],
  ['torch._utils._rebuild_parameter_with_state', 'parameter'],
  // What schedulers and settings beside the weights are made of.
  ['collections.Counter', 'inert'],
  ['torch.Size', 'inert'],
  ['torch.device', 'inert'],
  ['collections.defaultdict', 'default-dict'],
  // Scalars and arrays of NumPy, a best loss for instance, and the bytes in them.
  ...['numpy.core', 'numpy._core'].flatMap((module) =>
    ['scalar', '_reconstruct'].map((name) => [`${module}.multiarray.${name}`, 'inert'] as const),
  ),
  ['numpy.ndarray', 'nothing'],
  ['numpy.dtype', 'inert'],
  ['_codecs.encode', 'inert'],
  // Where random numbers go on.
  ...['randomstate', 'generator', 'bit_generator'].map(
    (name) => [`numpy.random._pickle.__${name}_ctor`, 'inert'] as const,
  ),
  ...BUILTINS.flatMap((module) => [
    ...['set', 'frozenset'].map((name) => [`${module}.${name}`, 'inert'] as const),
    // What a defaultdict begins its values with.
    ...['list', 'dict', 'int', 'long', 'float'].map((name) => [`${module}.${name}`, 'nothing'] as const),
  ]),
]

const DTYPES: readonly string[] = [
  ...['float64', 'float32', 'float16', 'bfloat16', 'complex64', 'complex128'],
  ...['int64', 'int32', 'int16', 'int8', 'uint8', 'bool'],
]

const GLOBALS: ReadonlyMap<string, Global> = new Map(
  [
    ...STORAGES.map(([name, dtype]) => ({ name: `torch.${name}`, makes: 'nothing', dtype }) as const),
    ...CALLS.map(([name, makes]) => ({ name, makes }) as const),
    ...DTYPES.map((name) => ({ name: `torch.${name}`, makes: 'nothing' }) as const),
  ].map((entry) => [entry.name, { kind: 'global', ...entry }]),
)

/**
 * What the names in a pickle of torch.save stand for, for one pickle.
 * @param storages takes the storages that the pickle refers to, by their keys
 */
export function createMeaning(storages: Map<string, Storage>): Meaning {
  let tensors = 0
  return {
    global: (module, name) => {
      const known = GLOBALS.get(`${module}.${name}`)
      if (!known) {
        throw new FormatError(
          `the file names ${quote(name)} of ${quote(module)}, which weights do not need, and nothing of it was run: ${ADVICE}`,
        )
      }
      return known
    },
    call: (callee, args) => {
      if (callee === null || typeof callee !== 'object' || callee.kind !== 'global' || !isTuple(args)) {
        throw new FormatError(`the pickle calls a ${kindOf(callee)}, which weights do not need`)
      }
      switch (callee.makes) {
        case 'dict':
          if (args.items.length > 0) throw new FormatError('the pickle has an OrderedDict with arguments')
          return { kind: 'dict', entries: new Map() }
        case 'default-dict':
          return { kind: 'dict', entries: new Map() }
        case 'tensor':
          if (++tensors > MAX_TENSORS)
            throw new FormatError(`the file holds more than ${MAX_TENSORS} tensors`)
          return rebuildTensor(args.items)
        case 'parameter':
          return rebuildParameter(args.items)
        case 'inert':
          return INERT
        case 'nothing':
          throw new FormatError(`the pickle calls ${callee.name}, which weights do not need`)
      }
    },
    persistent: (id) => {
      const storage = toStorage(id)
      const known = storages.get(storage.key) ?? storage
      if (known.dtype !== storage.dtype || known.length !== storage.length) {
        throw new FormatError(`the pickle describes the storage ${quote(storage.key)} in two ways`)
      }
      storages.set(storage.key, known)
      return known
    },
  }
}

/** From `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, metadata=None)`. */
function rebuildTensor(args: readonly Value[]): View {
  const [storage, offset, size, stride, , , metadata = null] = args
  if (storage === null || typeof storage !== 'object' || storage.kind !== 'storage') {
    throw new FormatError('the pickle has a tensor without a storage')
  }
  // Marks that the numbers are to be negated or conjugated when they are read.
  if (metadata !== null) throw new FormatError('the pickle has a tensor that is a negated or conjugated view')
  const shape = counts(size, 'size')
  const strides = counts(stride, 'strides')
  if (!isCount(offset)) throw new FormatError('a tensor has an offset that is no count')
  if (shape.length !== strides.length) {
    throw new FormatError(`a tensor has ${shape.length} dimensions and ${strides.length} strides`)
  }
  return { kind: 'tensor', storage, offset, shape, strides }
}

function counts(value: Value, what: string): number[] {
  if (isTuple(value) && value.items.length > MAX_DIMENSIONS) {
    throw new FormatError(`a tensor has ${value.items.length} dimensions, more than ${MAX_DIMENSIONS}`)
  }
  if (!isTuple(value) || !value.items.every(isCount)) {
    throw new FormatError(`a tensor has ${what} that are no counts`)
  }
  return value.items
}

/** From `torch._utils._rebuild_parameter(data, requires_grad, hooks)`, with or without attributes, which are dropped. */
function rebuildParameter(args: readonly Value[]): View {
  const data = args.length > 0 ? args[0] : null
  if (data === null || typeof data !== 'object' || data.kind !== 'tensor') {
    throw new FormatError('the pickle has a parameter without a tensor')
  }
  return data
}

/** From `('storage', class, key, location, numel)`, in old files with a sixth item, which is None. */
function toStorage(id: Value): Storage {
  const [tag, type, key, , length, part = null] = isTuple(id) ? id.items : []
  if (tag !== 'storage') throw new FormatError(`the file refers to something other than a storage: ${ADVICE}`)
  const dtype = type !== null && typeof type === 'object' && type.kind === 'global' ? type.dtype : undefined
  if (!dtype || typeof key !== 'string' || !isCount(length)) {
    throw new FormatError('the pickle has a storage without type, key or length')
  }
  if (part !== null) throw new FormatError('the pickle has a storage that is a part of another')
  return { kind: 'storage', key, dtype, length }
}
