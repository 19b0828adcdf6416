import type { Model } from './model.ts'

/** What carries out the steps of a GRU. Streams are forward only; see `createStepper`, which checks all arguments. */
export interface Backend {
  readonly name: 'wasm' | 'reference'
  /** What really runs, as reported with every forecast. */
  readonly device: string
  /** Makes a pool of `lanes` states, all zero. */
  open(model: Model, lanes: number): Lanes
  /** The projection of rows y [n, directions · hiddenSize] of a model that has one: [n, outputSize]. */
  project(model: Model, y: Float32Array): Float32Array
}

/** The states of many streams of one model. Lane numbers and lengths have been checked by the caller. */
export interface Lanes {
  /**
   * Steps lane `lanes[i]` with row i of `inputs` [n, inputSize], in order.
   * @returns [n, width], valid until the next call: the projection, or the top layer's state without one.
   */
  step(lanes: ArrayLike<number>, inputs: Float32Array): Float32Array
  /** As `step`, but each row starts from its lane's present state and leaves it as it is. */
  ahead(lanes: ArrayLike<number>, inputs: Float32Array): Float32Array
  /** A copy of one lane's state [layers, hiddenSize]. */
  save(lane: number): Float32Array
  restore(lane: number, state: Float32Array): void
  copy(from: number, to: number): void
  /** Enlarges the pool to `lanes`; states are kept, new ones are zero. */
  grow(lanes: number): void
  /** Takes the weights of another model of the same specification; states are kept. */
  renew(model: Model): void
}
