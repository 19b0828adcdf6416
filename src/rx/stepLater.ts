import type { DeviceChoice } from '../engine/device.ts'
import { deviceSequence } from '../engine/gpu/sequence.ts'
import { createDeviceStepper } from '../engine/gpu/stepper.ts'
import type { DeviceStepper } from '../engine/gpu/types.ts'
import { tell } from '../forecast/tell.ts'
import { createTurns } from '../forecast/turns.ts'
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

/** What runs the steps and why; its `load` is that of the moment when it is read. */
export type Running = Pick<DeviceStepper, 'device' | 'reason' | 'load'>

/** Hears of each change of what runs the steps; what it throws becomes a warning of the process. */
export type OnDevice = (running: Running) => void

export interface LaterRunOptions extends Omit<StepRunOptions, 'backend' | 'reason'> {
  readonly device: DeviceChoice
  readonly onDevice?: OnDevice
}

export function createLaterRun(options: LaterRunOptions): LaterRun {
  return options.model.spec.direction === 'forward' ? statefulRun(options) : wholeRun(options)
}

function statefulRun(options: LaterRunOptions): LaterRun {
  const { model, device, initial, hidden, maxStreams, scalings, onEvict, onDevice } = options
  const stepper: DeviceStepper = createDeviceStepper(model, {
    device,
    lanes: SPARE + 2,
    onDevice: onDevice && ((ran) => tell(() => onDevice(withLoad(ran, () => stepper.load)))),
  })
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

const withLoad = (ran: Omit<Running, 'load'>, load: () => Running['load']): Running => ({
  ...ran,
  get load() {
    return load()
  },
})

interface Whole {
  readonly x: Float32Array
  readonly time: number
  readonly h0: Float32Array
}

/**
 * Runs whole sequences, each from the beginning: what looks back from the end of time keeps no state. One after the
 * other, for each would have its part of every turn of the event loop.
 */
function wholeRun({ model, device, initial, hidden, scalings, onDevice }: LaterRunOptions): LaterRun {
  const closing = new AbortController()
  let known = ''
  let load: Running['load'] = { batch: 0, microseconds: 0 }

  const turns = createTurns(async ({ x, time, h0 }: Whole): Promise<Step> => {
    const start = performance.now()
    const { signal } = closing
    const { y, hn, out, ...ran } = await deviceSequence(model, x, { batch: 1, time, h0, device, signal })
    load = { batch: 1, microseconds: (1000 * (performance.now() - start)) / time }
    const now = `${ran.device} ${ran.reason}`
    if (now !== known && onDevice) tell(() => onDevice(withLoad(ran, () => load)))
    known = now
    const last = hidden ? hn : undefined
    return sequenceStep(eachOutput(out ?? y, time, scalings), last, {
      device: ran.device,
      deviceReason: ran.reason,
    })
  })

  return {
    take: async (_key, { x, time = 1 }, state = initial) => turns.take({ x, time, h0: state.slice() }),
    reset: () => 0,
    close: () => closing.abort(),
  }
}
