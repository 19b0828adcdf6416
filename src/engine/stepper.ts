import type { Backend, Lanes } from './backend.ts'
import { checkFinite, checkForward, checkLane, checkLaneCount, checkLength } from './check.ts'
import type { Model } from './model.ts'
import { type GruSpec, stateSize } from './spec.ts'
import { wasm } from './wasm/wasm.ts'

/** The states of many streams of one GRU, any of which can be stepped at any time. */
export interface Stepper {
  /** The newest weights. */
  readonly model: Model
  /** What runs the steps: `cpu:wasm-relaxed`, `cpu:wasm`, `cpu:reference`. */
  readonly device: string
  /** Number of states; lanes are numbered from 0. */
  readonly lanes: number
  /**
   * Steps lane `lanes[i]` with row i of `inputs`, in order: a lane named twice takes two steps.
   * @param inputs [n, inputSize], row-major.
   * @returns [n, width], row-major; width is outputSize, or hiddenSize without projection. Valid until the next call.
   * @throws RangeError before any state changes when a lane is out of range, the number of inputs does not fit,
   * or an input is not finite.
   */
  step(lanes: ArrayLike<number>, inputs: Float32Array): Float32Array
  /** As `step`, but each row starts from its lane's present state and leaves it as it is. */
  ahead(lanes: ArrayLike<number>, inputs: Float32Array): Float32Array
  /** A copy of one lane's state [layers, hiddenSize]. */
  save(lane: number): Float32Array
  /** Puts back a saved state. @throws RangeError when its length does not fit or a value is not finite. */
  restore(lane: number, state: Float32Array): void
  /** Sets one lane's state to zero. */
  reset(lane: number): void
  copy(from: number, to: number): void
  /** Enlarges the pool to `lanes` states, keeping those there are; new ones are zero. */
  grow(lanes: number): void
  /** Steps with the weights of `model` from now on; states are kept. @throws RangeError when its specification is another */
  renew(model: Model): void
  /** Gives the pool back; every later call but this throws. */
  close(): void
}

export interface StepperOptions {
  /** @default wasm */
  readonly backend?: Backend
  /** Number of states to begin with. @default 1 */
  readonly lanes?: number
}

/**
 * Opens a pool of states for a forward GRU; all states begin at zero.
 * @throws RangeError when the model is not forward only or the number of lanes cannot be used.
 */
export function createStepper(model: Model, options: StepperOptions = {}): Stepper {
  const { backend = wasm, lanes: initial = 1 } = options
  const { spec } = model
  checkForward(spec)
  checkLaneCount(initial, 0)
  const size = stateSize(spec)
  const zero = new Float32Array(size)
  let newest = model
  let count = initial
  let pool: Lanes | undefined = backend.open(model, count)

  const opened = (): Lanes => {
    if (!pool) throw new Error('the stepper is closed')
    return pool
  }
  const checkRows = (lanes: ArrayLike<number>, inputs: Float32Array): void => {
    for (let i = 0; i < lanes.length; i++) checkLane(lanes[i], count)
    checkLength('inputs', inputs, lanes.length * spec.inputSize)
    checkFinite('inputs', inputs)
  }

  return {
    get model() {
      return newest
    },
    device: backend.device,
    get lanes() {
      return count
    },
    step(lanes, inputs) {
      const running = opened()
      checkRows(lanes, inputs)
      return running.step(lanes, inputs)
    },
    ahead(lanes, inputs) {
      const running = opened()
      checkRows(lanes, inputs)
      return running.ahead(lanes, inputs)
    },
    save(lane) {
      checkLane(lane, count)
      return opened().save(lane)
    },
    restore(lane, state) {
      checkLane(lane, count)
      checkLength('state', state, size)
      checkFinite('state', state)
      opened().restore(lane, state)
    },
    reset(lane) {
      checkLane(lane, count)
      opened().restore(lane, zero)
    },
    copy(from, to) {
      checkLane(from, count)
      checkLane(to, count)
      opened().copy(from, to)
    },
    grow(lanes) {
      checkLaneCount(lanes, count)
      opened().grow(lanes)
      count = lanes
    },
    renew(other) {
      if (!sameSpec(spec, other.spec))
        throw new RangeError('a stepper takes weights of its own specification')
      opened().renew(other)
      newest = other
    },
    close() {
      pool = undefined
    },
  }
}

function sameSpec(a: GruSpec, b: GruSpec): boolean {
  return (Object.keys(a) as (keyof GruSpec)[]).every((name) => a[name] === b[name])
}
