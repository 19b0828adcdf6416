import { type GruSpec, stateSize } from '../src/engine/spec.ts'
import { fill } from '../src/rx/stepInput.ts'

/**
 * The state that a message gives, flat or as an array for each layer and direction, as `tolist()` of a PyTorch state
 * is; its axis for a batch of one may be there too.
 *
 * @returns [layers · directions, hiddenSize]; `undefined` when the message gives none
 * @throws RangeError naming what is no such state
 */
export function readState(h0: unknown, spec: GruSpec): Float32Array | undefined {
  if (h0 === undefined) return undefined
  const { hiddenSize } = spec
  const size = stateSize(spec)
  const state = new Float32Array(size)
  if (!isNested(h0)) {
    fill('msg.h0', state, 0, size, h0 as ArrayLike<number>)
    return state
  }
  const rows = size / hiddenSize
  if (h0.length !== rows) {
    throw new RangeError(`msg.h0 must hold ${rows} arrays of ${hiddenSize} numbers, got ${h0.length}`)
  }
  for (let i = 0; i < rows; i++) {
    const row = h0[i]
    const numbers = isNested(row) && row.length === 1 ? row[0] : row
    fill(`msg.h0[${i}]`, state, i * hiddenSize, hiddenSize, numbers as ArrayLike<number>)
  }
  return state
}

const isNested = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null
