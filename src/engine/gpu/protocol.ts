import type { GruSpec } from '../spec.ts'

// What the host process and the child that owns the GPU say to each other. Numbers travel in a file that both have
// open (see numbers.ts), messages only say where they lie. One request is under way at a time.

/** Of all `step` stages of a request, and of a sequence's batch. */
export const MOST_ROWS: number = 2 ** 20

/** Time steps of a sequence that the child computes as one; a last few cost as much. */
export const FUSED_STEPS = 32

/** Float32 numbers in the shared file. */
export interface Span {
  /** Offset in values of 4 bytes. */
  readonly at: number
  readonly length: number
}

/** What the child says of its adapter and of itself. */
export interface Adapter {
  readonly vendor: string
  readonly architecture: string
  readonly device: string
  readonly description: string
  /** Computes on the CPU: SwiftShader, llvmpipe, WARP, or no GPU at all behind it. */
  readonly software: boolean
  /** Version of the package `webgpu`. */
  readonly webgpu: string
}

/**
 * One part of a batch; parts are carried out in order.
 *
 * `step` computes rows `first` to `first + rows` of the batch's inputs at once: row i starts from the state of lane
 * `from[i]` and leaves it in lane `to[i]`, or nowhere where that is −1. All of them see the states as they were before.
 *
 * No stage writes or steps a lane twice: it would be left with either state. The planner has a lane take one place of a
 * level's writes and one of its steps at most; the child does not check it again.
 */
export type Stage =
  | { readonly kind: 'write'; readonly lanes: Span; readonly states: Span }
  | { readonly kind: 'copy'; readonly from: number; readonly to: number }
  | { readonly kind: 'step'; readonly first: number; readonly rows: number }
  /** The states join the reply, in order. */
  | { readonly kind: 'read'; readonly lanes: Span }

/** To the child; every one is answered by one {@link Reply} with its `id`. */
export type Request = { readonly id: number } & (
  | { readonly type: 'hello' }
  /** Makes a pool of zero states, builds its kernels and runs them once. Weights are packed as `layout` says. */
  | {
      readonly type: 'open'
      readonly pool: number
      readonly spec: GruSpec
      readonly weights: Span
      readonly lanes: number
    }
  | { readonly type: 'grow'; readonly pool: number; readonly lanes: number }
  | {
      readonly type: 'run'
      readonly pool: number
      readonly stages: readonly Stage[]
      /** Rows of all `step` stages, [rows, inputSize], [rows] and [rows]. */
      readonly inputs: Span
      readonly from: Span
      readonly to: Span
      /** Where the reply's numbers go. */
      readonly reply: number
    }
  /**
   * One forward layer without projection over x [time, batch, inputSize] from h0 [batch, hiddenSize], with no pool:
   * fused {@link FUSED_STEPS} at a time unless there are fewer.
   */
  | {
      readonly type: 'sequence'
      readonly spec: GruSpec
      readonly weights: Span
      readonly batch: number
      readonly time: number
      readonly x: Span
      readonly h0: Span
      readonly reply: number
    }
  /** Milliseconds that WASM takes in this process for a step of so many rows, each the median of some. */
  | {
      readonly type: 'time-wasm'
      readonly spec: GruSpec
      readonly weights: Span
      readonly rows: readonly number[]
    }
  | { readonly type: 'close'; readonly pool: number }
)

/** What a request's answer holds beside its id. */
export interface Answers {
  readonly hello: { readonly adapter: Adapter }
  readonly open: object
  readonly grow: object
  /** Outputs of all `step` rows [rows, width], in their order, then the states of all `read` lanes [lanes, layers, hiddenSize]. */
  readonly run: { readonly outputs: Span; readonly states: Span }
  /** States after every step [time, batch, hiddenSize]. */
  readonly sequence: { readonly y: Span }
  readonly 'time-wasm': { readonly milliseconds: readonly number[] }
  readonly close: object
}

export type Reply =
  | { readonly id: number; readonly type: 'done'; readonly answer: Answers[keyof Answers] }
  | {
      readonly id: number
      readonly type: 'failed'
      readonly message: string
      /** There is no GPU, and there will be none. */
      readonly lasting?: boolean
    }
  /** The device is gone; the child ends after this. */
  | { readonly type: 'lost'; readonly message: string }
