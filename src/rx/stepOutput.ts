import type { Scaling } from '../formats/types.ts'

/** What the steps gave: the projection in its own units, or the top layer without one. The arrays are the receiver's. */
export interface Step {
  /** Of the last step. */
  readonly output: Float32Array
  /** Of every step, when the source gave a sequence. */
  readonly outputs?: readonly Float32Array[]
  /** State after the last step, [layers · directions, hiddenSize]; set with the option `hidden`. */
  readonly hidden?: Float32Array
  /** What ran the steps: `cpu:wasm`, `gpu:nvidia`. */
  readonly device: string
  /** Why it was that one. */
  readonly deviceReason: string
  readonly skipped?: undefined
}

/** What ran the steps, and why. */
export type Ran = Pick<Step, 'device' | 'deviceReason'>

/** @param outputs of all steps, not empty */
export function sequenceStep(
  outputs: readonly Float32Array[],
  hidden: Float32Array | undefined,
  ran: Ran,
): Step {
  const output = outputs[outputs.length - 1].slice()
  return hidden ? { output, outputs, hidden, ...ran } : { output, outputs, ...ran }
}

/**
 * Takes the outputs of all steps apart, [time, width], and gives them their own units.
 * @throws RangeError when one is not finite
 */
export function eachOutput(
  all: Float32Array,
  time: number,
  scalings: readonly Scaling[] | undefined,
): Float32Array[] {
  const width = all.length / time
  return Array.from({ length: time }, (_, t) => unscale(all.slice(t * width, (t + 1) * width), scalings))
}

/** Gives a projection back its own units, in float64 and rounded once. @throws RangeError when it is not finite */
export function unscale(output: Float32Array, scalings: readonly Scaling[] | undefined): Float32Array {
  for (let i = 0; i < output.length; i++) {
    if (scalings) {
      const { mean = 0, std = 1 } = scalings[i]
      output[i] = output[i] * std + mean
    }
    if (!Number.isFinite(output[i])) throw new RangeError(`the model gave ${output[i]} for this input`)
  }
  return output
}
