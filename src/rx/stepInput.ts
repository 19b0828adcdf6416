import { directions, type GruSpec, stateSize } from '../engine/spec.ts'
import type { Scaling } from '../formats/types.ts'
import { quote } from '../quote.ts'

/** Steps of one sequence. */
export const MAX_STEPS: number = 10_000
/** Numbers of its widest array: 64 MB as float32. */
const MAX_NUMBERS = 2 ** 24

/** What a source may give: the numbers of one step, or an array of such steps. */
export type StepInput = ArrayLike<number> | readonly ArrayLike<number>[]

/** Inputs as the model takes them, [time, inputSize]; those of one step only until the next are read. */
export interface Steps {
  readonly x: Float32Array
  /** Absent for one step. */
  readonly time?: number
}

/**
 * Makes the function that checks and scales inputs, in float64 and rounded once.
 *
 * It throws RangeError or TypeError naming what is no step, too long or not finite as float32.
 */
export function createInputReader(
  spec: GruSpec,
  scalings: readonly Scaling[] = [],
): (input: StepInput) => Steps {
  const { inputSize, hiddenSize, outputSize } = spec
  const widest = Math.max(inputSize, outputSize, directions(spec) * hiddenSize, stateSize(spec))
  const longest = Math.max(1, Math.min(MAX_STEPS, Math.floor(MAX_NUMBERS / widest)))
  const one: Steps = { x: new Float32Array(inputSize) }

  return (input) => {
    if (!isSequence(input)) {
      if (spec.direction !== 'forward') {
        throw new TypeError(`a ${spec.direction} model needs a whole sequence, an array of steps`)
      }
      fill('input', one.x, 0, inputSize, input, scalings)
      return one
    }
    const time = input.length
    if (time > longest) throw tooLong(longest, time)
    const x = new Float32Array(time * inputSize)
    for (let t = 0; t < time; t++) fill(`input[${t}]`, x, t * inputSize, inputSize, input[t], scalings)
    return { x, time }
  }
}

export function tooLong(longest: number, time: number): RangeError {
  return new RangeError(`input must hold at most ${longest} steps, got ${time}`)
}

/** An array whose first element holds numbers itself. */
function isSequence(input: StepInput): input is readonly ArrayLike<number>[] {
  return Array.isArray(input) && typeof input[0] === 'object' && input[0] !== null
}

/** Copies finite numbers, and nothing that only looks like one. @throws RangeError naming what is none */
export function fill(
  name: string,
  to: Float32Array,
  offset: number,
  length: number,
  from: ArrayLike<number>,
  scalings: readonly Scaling[] = [],
): void {
  // Text has a length too.
  if (typeof from !== 'object' || from?.length !== length) {
    const got = typeof from === 'object' ? from?.length : undefined
    throw new RangeError(`${name} must hold ${length} numbers, got ${got ?? quote(from)}`)
  }
  for (let i = 0; i < length; i++) {
    const given: unknown = from[i]
    if (typeof given !== 'number') {
      throw new RangeError(`${name} must hold finite numbers, got ${quote(given)} at index ${i}`)
    }
    const { mean = 0, std = 1 } = scalings[i] ?? UNSCALED
    const value = Math.fround((given - mean) / std)
    if (!Number.isFinite(value)) {
      throw new RangeError(`${name} must hold finite numbers, got ${given} at index ${i}`)
    }
    to[offset + i] = value
  }
}

const UNSCALED: Scaling = {}
