import { types } from 'node:util'
import { parsePayload } from '../src/mqtt/payload.ts'
import { quote } from '../src/quote.ts'
import type { GruStepOutcome } from '../src/rx/gruStep.ts'
import { MAX_STEPS, type StepInput, tooLong } from '../src/rx/stepInput.ts'
import type { Message } from './red.ts'

const MAX_TEXT = 2 ** 20

/** What `gru-step` sends: the output, the hidden state, or the output with the state in `msg.hidden`. */
export type StepSends = 'output' | 'hidden' | 'both'

/** What a model takes, and where in a message it is. */
export interface InputOptions {
  /** The property, such as `msg.payload`. */
  readonly subject: string
  readonly inputSize: number
  /** Dotted paths of an object's fields, in the model's order; `undefined` finds the one number in it. */
  readonly paths: readonly (string | undefined)[]
}

/**
 * The steps in a payload: a number, an array of numbers or an object is one step, an array of arrays or of objects
 * a sequence; text and buffers are read as JSON first.
 *
 * @throws Error saying what is no step; lengths and numbers are for the operator to check
 */
export function readSteps(payload: unknown, options: InputOptions): StepInput {
  const value = decode(payload, options)
  if (!(Array.isArray(value) && isObject(value[0]))) return readStep(value, options)
  // Before anything is made of them.
  if (value.length > MAX_STEPS) throw tooLong(MAX_STEPS, value.length)
  return value.map((step, i) => readStep(step, options, i))
}

/** @param place in a sequence */
function readStep(step: unknown, options: InputOptions, place?: number): ArrayLike<number> {
  if (typeof step === 'number') return [step]
  if (Array.isArray(step) || ArrayBuffer.isView(step)) return step as unknown as ArrayLike<number>
  if (!isObject(step)) throw noStep(step, options, place)
  const { subject, paths } = options
  if (paths.length === 0) {
    throw new TypeError(`the features to take of an object are not named, got ${quote(step)}`)
  }
  return paths.map((path) => {
    const { value, error } = parsePayload(step, { path, timePath: null })
    if (error) throw new TypeError(error.message.replace(/^payload\b/, subject))
    return value
  })
}

function decode(payload: unknown, options: InputOptions): unknown {
  const { subject } = options
  const text = types.isUint8Array(payload) ? decodeBytes(payload, subject) : payload
  if (typeof text !== 'string') return payload
  if (text.length > MAX_TEXT) throw tooLarge(subject)
  if (!/^\s*[[{]/.test(text)) {
    const { value } = parsePayload(text)
    if (value === undefined) throw noStep(text, options)
    return value
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new TypeError(`${subject} is neither a number nor JSON: ${quote(text)}`)
  }
}

function decodeBytes(bytes: Uint8Array, subject: string): string {
  if (bytes.byteLength > MAX_TEXT) throw tooLarge(subject)
  return new TextDecoder().decode(bytes)
}

function tooLarge(subject: string): RangeError {
  return new RangeError(`${subject} is larger than ${MAX_TEXT} bytes of text`)
}

function noStep(got: unknown, { subject, inputSize }: InputOptions, place?: number): TypeError {
  const name = place === undefined ? subject : `${subject}[${place}]`
  const wanted = inputSize === 1 ? 'a number' : `an array or an object of ${inputSize} numbers`
  return new TypeError(`${name} must be ${wanted}, got ${quote(got)}`)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The message that goes on: all it had but the state that was used up, with what the model gave as plain arrays. */
export function stepMessage<T>(
  { h0: _used, ...msg }: Message,
  { output, outputs, hidden }: Extract<GruStepOutcome<T>, { skipped?: undefined }>,
  sends: StepSends,
): Message {
  const state = hidden && Array.from(hidden)
  if (sends === 'hidden') return { ...msg, payload: state }
  const payload = outputs ? outputs.map((step) => Array.from(step)) : Array.from(output)
  return sends === 'both' ? { ...msg, payload, hidden: state } : { ...msg, payload }
}
