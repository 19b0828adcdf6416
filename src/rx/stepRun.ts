import type { Backend } from '../engine/backend.ts'
import type { Model } from '../engine/model.ts'
import { sequence } from '../engine/sequence.ts'
import { createStepper } from '../engine/stepper.ts'
import type { Scaling } from '../formats/types.ts'
import { createLanes } from './lanes.ts'
import type { Steps } from './stepInput.ts'

/** What the steps gave: the projection in its own units, or the top layer without one. The arrays are the receiver's. */
export interface Step {
  /** Of the last step. */
  readonly output: Float32Array
  /** Of every step, when the source gave a sequence. */
  readonly outputs?: readonly Float32Array[]
  /** State after the last step, [layers · directions, hiddenSize]; set with the option `hidden`. */
  readonly hidden?: Float32Array
  readonly skipped?: undefined
}

/** The states of one subscription and what steps them. */
export interface StepRun {
  /** @throws RangeError when an output is not finite; then no state has changed */
  take(key: string, steps: Steps, state?: Float32Array): Step
  reset(key?: string): number
  close(): void
}

export interface StepRunOptions {
  readonly model: Model
  readonly backend?: Backend
  /** State that streams begin with. */
  readonly initial: Float32Array
  readonly hidden: boolean
  readonly maxStreams: number
  /** How the projection was scaled for training. */
  readonly scalings?: readonly Scaling[]
  readonly onEvict?: (key: string) => void
}

/** Keeps a state for each stream while time goes forward only; the first lane of the pool holds a copy to go back to. */
const SPARE = 0
/** Growing costs little, because the states stay where they are. */
const GROWTH = 1.25

export function createStepRun(options: StepRunOptions): StepRun {
  return options.model.spec.direction === 'forward' ? statefulRun(options) : wholeRun(options)
}

function statefulRun(options: StepRunOptions): StepRun {
  const { model, backend, initial, hidden, maxStreams, scalings, onEvict } = options
  const { inputSize } = model.spec
  const stepper = createStepper(model, { backend, lanes: SPARE + 2 })
  const lanes = createLanes(maxStreams)
  const one = [0]

  const step = (x: Float32Array): Float32Array => unscale(stepper.step(one, x).slice(), scalings)
  const run = ({ x, time }: Steps, lane: number): Step => {
    one[0] = lane
    if (time === undefined) {
      const output = step(x)
      return hidden ? { output, hidden: stepper.save(lane) } : { output }
    }
    const outputs = Array.from({ length: time }, (_, t) =>
      step(x.subarray(t * inputSize, (t + 1) * inputSize)),
    )
    const output = outputs[time - 1].slice()
    return hidden ? { output, outputs, hidden: stepper.save(lane) } : { output, outputs }
  }

  return {
    take(key, steps, state) {
      const { lane: place, fresh, evicted } = lanes.of(key)
      const lane = SPARE + 1 + place
      if (fresh) {
        try {
          if (lane >= stepper.lanes) {
            stepper.grow(Math.min(Math.ceil(GROWTH * stepper.lanes), SPARE + 1 + maxStreams))
          }
          stepper.restore(lane, initial)
        } catch (error) {
          lanes.forget(key)
          throw error
        }
      }
      stepper.copy(lane, SPARE)
      try {
        if (state) stepper.restore(lane, state)
        return run(steps, lane)
      } catch (error) {
        stepper.copy(SPARE, lane)
        throw error
      } finally {
        // After the step, because it may throw, and may send to this very operator.
        if (evicted !== undefined) onEvict?.(evicted)
      }
    },
    reset: lanes.forget,
    close: stepper.close,
  }
}

/** Runs whole sequences, each from the beginning: what looks back from the end of time keeps no state. */
function wholeRun({ model, backend, initial, hidden, scalings }: StepRunOptions): StepRun {
  return {
    take(_key, { x, time = 1 }, state = initial) {
      const { y, hn, out } = sequence(model, x, { batch: 1, time, h0: state, backend })
      const all = out ?? y
      const width = all.length / time
      const outputs = Array.from({ length: time }, (_, t) =>
        unscale(all.slice(t * width, (t + 1) * width), scalings),
      )
      const output = outputs[time - 1].slice()
      return hidden ? { output, outputs, hidden: hn } : { output, outputs }
    },
    reset: () => 0,
    close: () => {},
  }
}

/** Gives a projection back its own units, in float64 and rounded once. @throws RangeError when it is not finite */
function unscale(output: Float32Array, scalings: readonly Scaling[] | undefined): Float32Array {
  for (let i = 0; i < output.length; i++) {
    if (scalings) {
      const { mean = 0, std = 1 } = scalings[i]
      output[i] = output[i] * std + mean
    }
    if (!Number.isFinite(output[i])) throw new RangeError(`the model gave ${output[i]} for this input`)
  }
  return output
}
