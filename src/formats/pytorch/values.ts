import type { ITEM_SIZE } from '../dtype.ts'

/** Type of the numbers of a storage. */
export type StorageDtype = keyof typeof ITEM_SIZE

/** What a pickle of weights is made of: plain data, and nothing that could be called. */
export type Value = null | boolean | number | string | Sequence | Dict | Global | Storage | View | Inert

export interface Sequence {
  readonly kind: 'list' | 'tuple'
  readonly items: Value[]
}

/** A dict or an OrderedDict. A Map, because keys come from outside; containers as keys are told apart by identity. */
export interface Dict {
  readonly kind: 'dict'
  readonly entries: Map<Value, Value>
}

/** A name of Python that the reader knows. It stands for itself: nothing is looked up and nothing imported. */
export interface Global {
  readonly kind: 'global'
  readonly name: string
  /** What a call of it makes. */
  readonly makes: 'dict' | 'default-dict' | 'tensor' | 'parameter' | 'inert' | 'nothing'
  /** Type of the numbers, of a storage class. */
  readonly dtype?: StorageDtype
}

/** Numbers in a row, by the key under which the file keeps their bytes. */
export interface Storage {
  readonly kind: 'storage'
  readonly key: string
  readonly dtype: StorageDtype
  /** How many numbers. */
  readonly length: number
}

/** A tensor: a window on a storage. Offset and strides count numbers. */
export interface View {
  readonly kind: 'tensor'
  readonly storage: Storage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** A value that weights do not need, such as a set or a device: accepted, its content dropped. */
export interface Inert {
  readonly kind: 'inert'
}

/** One for all of them. */
export const INERT: Inert = { kind: 'inert' }

/** Python's word for what a value is. */
export function kindOf(value: Value): string {
  if (value === null) return 'None'
  return typeof value === 'object' ? value.kind : typeof value
}

export function isDict(value: Value): value is Dict {
  return value !== null && typeof value === 'object' && value.kind === 'dict'
}

export function isList(value: Value): value is Sequence {
  return value !== null && typeof value === 'object' && value.kind === 'list'
}

export function isTuple(value: Value): value is Sequence {
  return value !== null && typeof value === 'object' && value.kind === 'tuple'
}

/** Whether a value can be a length, an offset or a stride. */
export function isCount(value: Value): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
