import type { DeviceChoice } from '../../engine/device.ts'
import { createDeviceStepper } from '../../engine/gpu/stepper.ts'
import type { Model } from '../../engine/model.ts'
import { createStepper } from '../../engine/stepper.ts'
import type { Load } from '../types.ts'

/** States that are stepped at once, or later where a GPU may do it; effects come in the order of asking. */
export interface Pool {
  readonly device: string
  readonly reason: string
  readonly lanes: number
  /** Settles once it is known whether a GPU will step them; undefined where that is never asked. */
  readonly ready: Promise<void> | undefined
  /** In rows where a {@link Load} has readings. */
  readonly load: Load
  /** Outputs that come at once are valid until the next call. */
  step(lanes: ArrayLike<number>, inputs: Float32Array): Float32Array | Promise<Float32Array>
  /** As `step`, but states stay as they are. */
  ahead(lanes: ArrayLike<number>, inputs: Float32Array): Float32Array | Promise<Float32Array>
  /** A copy of a state; undefined while the device alone has it. */
  peek(lane: number): Float32Array | undefined
  restore(lane: number, state: Float32Array): void
  reset(lane: number): void
  grow(lanes: number): void
  /** Takes other weights of the same shape and keeps the states; absent where these may be on a GPU. */
  readonly renew?: (model: Model) => void
  /** Settles when all that was asked is done and every state is known here. */
  settle(): Promise<void>
  /** Does what was asked, then gives the states back. */
  close(): Promise<void>
}

/** Where a model's states are to be. */
export interface Place {
  readonly device: DeviceChoice
  /** Why they are stepped at once; undefined if they are not. */
  readonly synchronous: string | undefined
  /** Hears of each change of what runs the steps. */
  readonly onDevice: () => void
}

/** Opens as many states as `lanes` says, all zero. */
export type OpenPool = (model: Model, lanes: number, place: Place) => Pool

export const openPool: OpenPool = (model, lanes, { device, synchronous, onDevice }) =>
  synchronous === undefined
    ? createDeviceStepper(model, { device, lanes, onDevice })
    : openWasm(model, lanes, synchronous)

/** One reading in so many is timed: asking for the time takes some of it. */
const TIMED = 64
/** Timed readings after which the average forgets as fast as it learns. */
const WINDOW = 32

function openWasm(model: Model, lanes: number, reason: string): Pool {
  const stepper = createStepper(model, { lanes })
  let steps = 0
  let began = 0
  let timed = 0
  let load: Load = { batch: 0, microseconds: 0 }

  return {
    device: stepper.device,
    reason,
    ready: undefined,
    get lanes() {
      return stepper.lanes
    },
    get load() {
      return load
    },
    step(lanes, inputs) {
      began = lanes.length === 1 && ++steps % TIMED === 0 ? performance.now() : 0
      return stepper.step(lanes, inputs)
    },
    ahead(lanes, inputs) {
      const outputs = stepper.ahead(lanes, inputs)
      if (began > 0) {
        const batch = 1 + lanes.length
        const took = (1000 * (performance.now() - began)) / batch
        timed++
        const share = 1 / Math.min(timed, WINDOW)
        load = { batch, microseconds: load.microseconds + share * (took - load.microseconds) }
        began = 0
      }
      return outputs
    },
    peek: stepper.save,
    restore: stepper.restore,
    reset: stepper.reset,
    grow: stepper.grow,
    renew: stepper.renew,
    settle: async () => {},
    close: async () => stepper.close(),
  }
}
