import { FormatError } from '../error.ts'
import type { Value } from './values.ts'

/** Containers and tensors, and places of the memo, of one pickle. PyTorch writes some 10 for each tensor. */
const MAX_VALUES = 2 ** 16

/** Stack, marks and memo of the pickle machine. */
export interface Stack {
  push(value: Value): void
  /** Pushes a new value that takes memory of its own, and counts it. */
  make(value: Value): void
  /** The last value, left where it is. */
  top(): Value
  /** Pops `count` values, the last one pushed last. */
  take(count: number): Value[]
  mark(): void
  /** Pops all values after the last mark, and the mark. */
  takeToMark(): Value[]
  /** The one value that is left at the end. */
  only(): Value
  /** Keeps the last value under a number, the next free one if none is given. */
  memoise(index?: number): void
  /** Pushes what is kept under a number. */
  recall(index: number): void
}

/** @throws FormatError, from every method, when a pickle takes what it has not put there, or puts too much */
export function createStack(): Stack {
  const values: Value[] = []
  const marks: number[] = []
  const memo = new Map<number, Value>()
  let made = 0
  /** Values below the last mark are out of reach. */
  const floor = (): number => marks.at(-1) ?? 0
  const need = (count: number): void => {
    if (values.length - floor() < count) throw new FormatError('the pickle takes a value that is not there')
  }
  const top = (): Value => {
    need(1)
    return values[values.length - 1]
  }
  return {
    push: (value) => {
      values.push(value)
    },
    make: (value) => {
      if (++made > MAX_VALUES) throw new FormatError(`the pickle makes more than ${MAX_VALUES} containers`)
      values.push(value)
    },
    top,
    take: (count) => {
      need(count)
      return values.splice(values.length - count, count)
    },
    mark: () => {
      if (marks.length >= MAX_VALUES) throw new FormatError(`the pickle sets more than ${MAX_VALUES} marks`)
      marks.push(values.length)
    },
    takeToMark: () => {
      const mark = marks.pop()
      if (mark === undefined) throw new FormatError('the pickle takes values up to a mark that is not there')
      return values.splice(mark)
    },
    only: () => {
      if (values.length !== 1 || marks.length > 0) throw new FormatError('the pickle leaves values over')
      return values[0]
    },
    memoise: (index = memo.size) => {
      const value = top()
      if (memo.size >= MAX_VALUES && !memo.has(index)) {
        throw new FormatError(`the pickle remembers more than ${MAX_VALUES} values`)
      }
      memo.set(index, value)
    },
    recall: (index) => {
      const value = memo.get(index)
      if (value === undefined) {
        throw new FormatError(`the pickle asks for value ${index} of its memo, which is not there`)
      }
      values.push(value)
    },
  }
}
