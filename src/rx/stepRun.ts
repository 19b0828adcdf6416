import type { Backend } from '../engine/backend.ts'
import type { Model } from '../engine/model.ts'
import { sequence } from '../engine/sequence.ts'
import { createStepper } from '../engine/stepper.ts'
import { wasm } from '../engine/wasm/wasm.ts'
import type { Scaling } from '../formats/types.ts'
import type { Steps } from './stepInput.ts'
import { createStepLanes, SPARE } from './stepLanes.ts'
import { eachOutput, type Ran, type Step, sequenceStep, unscale } from './stepOutput.ts'

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
  /** Why it is that one. */
  readonly reason: string
  /** State that streams begin with. */
  readonly initial: Float32Array
  readonly hidden: boolean
  readonly maxStreams: number
  /** How the projection was scaled for training. */
  readonly scalings?: readonly Scaling[]
  readonly onEvict?: (key: string) => void
}

export function createStepRun(options: StepRunOptions): StepRun {
  return options.model.spec.direction === 'forward' ? statefulRun(options) : wholeRun(options)
}

/** Keeps a state for each stream while time goes forward only. */
function statefulRun(options: StepRunOptions): StepRun {
  const { model, backend, reason, initial, hidden, maxStreams, scalings, onEvict } = options
  const { inputSize } = model.spec
  const stepper = createStepper(model, { backend, lanes: SPARE + 2 })
  const lanes = createStepLanes(stepper, initial, maxStreams)
  const one = [0]
  const ran: Ran = { device: stepper.device, deviceReason: reason }

  const step = (x: Float32Array): Float32Array => unscale(stepper.step(one, x).slice(), scalings)
  const run = ({ x, time }: Steps, lane: number): Step => {
    one[0] = lane
    if (time === undefined) {
      const output = step(x)
      return hidden ? { output, hidden: stepper.save(lane), ...ran } : { output, ...ran }
    }
    const outputs = Array.from({ length: time }, (_, t) =>
      step(x.subarray(t * inputSize, (t + 1) * inputSize)),
    )
    return sequenceStep(outputs, hidden ? stepper.save(lane) : undefined, ran)
  }

  return {
    take(key, steps, state) {
      const { lane, evicted } = lanes.of(key)
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
function wholeRun({ model, backend = wasm, reason, initial, hidden, scalings }: StepRunOptions): StepRun {
  const ran: Ran = { device: backend.device, deviceReason: reason }
  return {
    take(_key, { x, time = 1 }, state = initial) {
      const { y, hn, out } = sequence(model, x, { batch: 1, time, h0: state, backend })
      return sequenceStep(eachOutput(out ?? y, time, scalings), hidden ? hn : undefined, ran)
    },
    reset: () => 0,
    close: () => {},
  }
}
