import type { DeviceChoice } from '../device.ts'
import type { Model } from '../model.ts'

/**
 * The states of many streams of one GRU, on the GPU or in WASM, whichever it is at the moment.
 *
 * As `Stepper`, but answers come later: what is asked for while a batch is on the device forms the next batch. All
 * calls take effect in their order. Arguments are checked and copied before a call returns.
 */
export interface DeviceStepper {
  readonly model: Model
  /** What runs the steps now: `cpu:wasm`, `gpu:nvidia`. */
  readonly device: string
  /** Why it is that one. */
  readonly reason: string
  readonly lanes: number
  /** Settles once it is known whether a GPU will run the steps; until then WASM does. */
  readonly ready: Promise<void>
  /**
   * Steps that came together, of each stream one, and microseconds for each, on the average of the last batches; 0
   * before the first.
   */
  readonly load: { readonly batch: number; readonly microseconds: number }
  /**
   * Steps lane `lanes[i]` with row i of `inputs` [n, inputSize], in order: a lane named twice takes two steps.
   * @returns [n, width], the receiver's own
   * @throws RangeError before any state changes when a lane is out of range, the number of inputs does not fit, or
   * an input is not finite, or so large that float32 sums could overflow
   */
  step(lanes: ArrayLike<number>, inputs: Float32Array): Promise<Float32Array>
  /** As `step`, but each row starts from its lane's present state and leaves it as it is. */
  ahead(lanes: ArrayLike<number>, inputs: Float32Array): Promise<Float32Array>
  /** A copy of one lane's state [layers, hiddenSize]. */
  save(lane: number): Promise<Float32Array>
  /** Puts back a saved state. @throws RangeError when its length does not fit or a value cannot be a state */
  restore(lane: number, state: Float32Array): void
  /** Sets one lane's state to zero. */
  reset(lane: number): void
  copy(from: number, to: number): void
  /** Enlarges the pool to `lanes` states, keeping those there are; new ones are zero. */
  grow(lanes: number): void
  /** Settles when all that was asked is done and the host holds a copy of every state. */
  settle(): Promise<void>
  /** A lane's state as the host knows it; undefined when the lane has moved on since it was last copied. */
  peek(lane: number): Float32Array | undefined
  /** Does what was asked, then gives everything back; every later call but this throws. */
  close(): Promise<void>
}

export interface DeviceStepperOptions {
  /** @default auto */
  readonly device?: DeviceChoice
  /** Number of states to begin with. @default 1 */
  readonly lanes?: number
  /** Hears of each change of `device` and its `reason`. */
  readonly onDevice?: (stepper: Pick<DeviceStepper, 'device' | 'reason'>) => void
  /** Where calibrations are kept. @default the memory of this process */
  readonly calibrations?: Calibrations
}

/** What was measured of models on adapters, by a key that names both and all versions. */
export interface Calibrations {
  get(key: string): Calibration | undefined
  set(key: string, calibration: Calibration): void
}

/** Milliseconds for steps of so many rows on both devices, as measured. */
export interface Calibration {
  readonly rows: readonly number[]
  readonly gpu: readonly number[]
  readonly wasm: readonly number[]
}
