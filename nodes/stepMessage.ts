import { types } from 'node:util'
import { parsePayload, splitPath } from '../src/mqtt/payload.ts'
import { quote } from '../src/quote.ts'
import type { GruStepOutcome } from '../src/rx/gruStep.ts'
import { MAX_STEPS, type StepInput, tooLong } from '../src/rx/stepInput.ts'
import type { Message } from './red.ts'

const MAX_TEXT = 2 ** 20

/** What `gru-step` sends: the output, the hidden state, or the output with the state in `msg.hidden`. */
export type StepSends = 'output' | 'hidden' | 'both'

/** Checks dotted paths in the order of a model's inputs. @throws RangeError naming what cannot be used */
export function checkFeatures(features: readonly string[], inputSize: number): void {
  if (features.length !== inputSize) {
    throw new RangeError(`features must name ${inputSize} fields, got ${features.length}`)
  }
  for (const name of features) splitPath(name)
}

/**
 * The steps in a payload: a number, an array of numbers or an object is one step, an array of arrays or of objects
 * a sequence; text and buffers are read as JSON first.
 *
 * @param paths dotted paths of an object's fields, in the model's order; `undefined` finds the one number in it
 * @throws Error saying what is no step; lengths and numbers are for the operator to check
 */
export function readSteps(payload: unknown, paths: readonly (string | undefined)[]): StepInput {
  const value = decode(payload)
  if (!(Array.isArray(value) && isObject(value[0]))) return readStep(value, paths)
  // Before anything is made of them.
  if (value.length > MAX_STEPS) throw tooLong(MAX_STEPS, value.length)
  return value.map((step) => readStep(step, paths))
}

function readStep(step: unknown, paths: readonly (string | undefined)[]): ArrayLike<number> {
  if (typeof step === 'number') return [step]
  if (Array.isArray(step) || ArrayBuffer.isView(step)) return step as unknown as ArrayLike<number>
  if (!isObject(step)) {
    throw new TypeError(`the input must be numbers, an array or an object of them, got ${quote(step)}`)
  }
  if (paths.length === 0) {
    throw new TypeError(`the features to take of an object are not named, got ${quote(step)}`)
  }
  return paths.map((path) => {
    const { value, error } = parsePayload(step, { path, timePath: null })
    if (error) throw error
    return value
  })
}

function decode(payload: unknown): unknown {
  const text = types.isUint8Array(payload) ? decodeBytes(payload) : payload
  if (typeof text !== 'string') return payload
  if (text.length > MAX_TEXT) throw tooLarge()
  if (!/^\s*[[{]/.test(text)) {
    const { value, error } = parsePayload(text)
    if (error) throw error
    return value
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new TypeError(`the input is neither a number nor JSON: ${quote(text)}`)
  }
}

function decodeBytes(bytes: Uint8Array): string {
  if (bytes.byteLength > MAX_TEXT) throw tooLarge()
  return new TextDecoder().decode(bytes)
}

function tooLarge(): RangeError {
  return new RangeError(`the input is larger than ${MAX_TEXT} bytes of text`)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The message that goes on: all it had, with what the model gave as plain arrays. */
export function stepMessage<T>(
  msg: Message,
  { output, outputs, hidden }: Extract<GruStepOutcome<T>, { skipped?: undefined }>,
  sends: StepSends,
): Message {
  const state = hidden && Array.from(hidden)
  if (sends === 'hidden') return { ...msg, payload: state }
  const payload = outputs ? outputs.map((step) => Array.from(step)) : Array.from(output)
  return sends === 'both' ? { ...msg, payload, hidden: state } : { ...msg, payload }
}
