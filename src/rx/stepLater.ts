import type { DeviceChoice } from '../engine/device.ts'
import { deviceSequence } from '../engine/gpu/sequence.ts'
import { createDeviceStepper } from '../engine/gpu/stepper.ts'
import type { DeviceStepper } from '../engine/gpu/types.ts'
import type { Steps } from './stepInput.ts'
import { createStepLanes, SPARE } from './stepLanes.ts'
import { eachOutput, type Step, sequenceStep, unscale } from './stepOutput.ts'
import type { StepRunOptions } from './stepRun.ts'

/** As `StepRun`, on a device whose answers come later. All calls take effect in their order. */
export interface LaterRun {
  /** @throws RangeError, or rejects with it, when what is asked for has no answer */
  take(key: string, steps: Steps, state?: Float32Array): Promise<Step>
  reset(key?: string): number
  close(): void
}

/** Hears of each change of what runs the steps. */
export type OnDevice = (stepper: Pick<DeviceStepper, 'device' | 'reason'>) => void

export interface LaterRunOptions extends Omit<StepRunOptions, 'backend' | 'reason'> {
  readonly device: DeviceChoice
  readonly onDevice?: OnDevice
}

export function createLaterRun(options: LaterRunOptions): LaterRun {
  return options.model.spec.direction === 'forward' ? statefulRun(options) : wholeRun(options)
}

function statefulRun(options: LaterRunOptions): LaterRun {
  const { model, device, initial, hidden, maxStreams, scalings, onEvict, onDevice } = options
  const stepper = createDeviceStepper(model, { device, lanes: SPARE + 2, onDevice })
  const lanes = createStepLanes(stepper, initial, maxStreams)

  const one = new Uint32Array(1)

  /** Asks for steps from `state`; nothing has changed when it throws. */
  const step = (lane: number, { x, time }: Steps, state?: Float32Array): Promise<Float32Array> => {
    const each = (time === undefined ? one : new Uint32Array(time)).fill(lane)
    if (!state) return stepper.step(each, x)
    stepper.copy(lane, SPARE)
    try {
      stepper.restore(lane, state)
      return stepper.step(each, x)
    } catch (error) {
      stepper.copy(SPARE, lane)
      throw error
    }
  }

  const run = async (lane: number, steps: Steps, state?: Float32Array): Promise<Step> => {
    const stepped = step(lane, steps, state)
    // Asked for in the same turn, so that no other step comes between.
    const [all, last] = hidden ? await Promise.all([stepped, stepper.save(lane)]) : [await stepped]
    const ran = { device: stepper.device, deviceReason: stepper.reason }
    const { time } = steps
    if (time !== undefined) return sequenceStep(eachOutput(all, time, scalings), last, ran)
    const output = unscale(all, scalings)
    return last ? { output, hidden: last, ...ran } : { output, ...ran }
  }

  return {
    take(key, steps, state) {
      const { lane, evicted } = lanes.of(key)
      const step = run(lane, steps, state)
      if (evicted === undefined || !onEvict) return step
      try {
        onEvict(evicted)
        return step
      } catch (error) {
        // The step was taken all the same: its stream goes on from there.
        return step.then(() => {
          throw error
        })
      }
    },
    reset: lanes.forget,
    close() {
      // What was asked for is still done; nobody hears of it.
      stepper.close().catch(() => {})
    },
  }
}

/** Runs whole sequences, each from the beginning: what looks back from the end of time keeps no state. */
function wholeRun({ model, device, initial, hidden, scalings, onDevice }: LaterRunOptions): LaterRun {
  let known = ''
  return {
    async take(_key, { x, time = 1 }, state = initial) {
      const h0 = state.slice()
      const { y, hn, out, ...ran } = await deviceSequence(model, x, { batch: 1, time, h0, device })
      const now = `${ran.device} ${ran.reason}`
      if (now !== known) onDevice?.(ran)
      known = now
      const last = hidden ? hn : undefined
      return sequenceStep(eachOutput(out ?? y, time, scalings), last, {
        device: ran.device,
        deviceReason: ran.reason,
      })
    },
    reset: () => 0,
    close: () => {},
  }
}
