import type { Dtype } from '../dtype.ts'
import type { Tensor } from '../types.ts'
import type { Group } from './axes.ts'
import type { Node } from './model-proto.ts'

// What is known of a value of the graph without running it.

/** Floating-point numbers of the file, perhaps cut, joined and transposed on the way. */
export interface Constant {
  readonly kind: 'constant'
  readonly shape: readonly number[]
  readonly dtype: Dtype
  /** The name in the file of what it is made of. */
  readonly origin: string
  readonly numbers: Numbers
}

/** The i-th number in row-major order. */
export type At = (i: number) => number

/** Numbers of an array of the file, whatever its shape. */
export interface FileNumbers {
  readonly tensor: Tensor
  readonly depth: 0
}

/** Numbers that are others, cut, joined or transposed. */
export interface MadeNumbers {
  readonly tensor?: undefined
  readonly parents: readonly Numbers[]
  /** Steps from arrays of the file. */
  readonly depth: number
  /** How they are found among those of the parents. */
  pick(parents: readonly At[]): At
}

export type Numbers = FileNumbers | MadeNumbers

/** Floating-point zeros of any shape. */
export interface Zeros {
  readonly kind: 'zeros'
}

/** Whole numbers: a shape or part of one, axes, indices. */
export interface Integers {
  readonly kind: 'integers'
  /** Each a number, or the axis whose size it is, or unknown; undefined when even their number is. */
  readonly items?: readonly (number | Group | undefined)[]
  /** Whether the file has it as one number and not as a list of one. */
  readonly scalar?: boolean
}

/** Which steps of a sequence a value has. */
export type Steps = 'all' | 'first' | 'last'

/** An input of the graph. */
export interface Input {
  readonly kind: 'input'
  readonly name: string
  readonly axes: readonly Group[]
  /** Whether it was cut or rounded. */
  readonly part: boolean
}

/** Outputs of a GRU at every step (`y`) or its last states (`states`). */
export interface Hidden {
  readonly kind: 'y' | 'states'
  readonly gru: GruCall
  readonly axes: readonly Group[]
  readonly steps: Steps
}

/** Last states of several layers, joined. */
export interface JoinedStates {
  readonly kind: 'joined'
  /** In order along the first axis; undefined once rearranged. */
  readonly parts?: readonly Hidden[]
  readonly grus: readonly GruCall[]
}

/** What a linear layer makes of a GRU's outputs. */
export interface Projected {
  readonly kind: 'projected'
  readonly head: Head
  readonly axes: readonly Group[]
  readonly steps: Steps
}

/** Made by a node that is not understood. */
export interface Unknown {
  readonly kind: 'unknown'
  /** The first such node on the way. */
  readonly cause: Node
  /** A GRU that it follows. */
  readonly after?: GruCall
}

export type Value = Constant | Zeros | Integers | Input | Hidden | JoinedStates | Projected | Unknown

/** A GRU node and what goes into it. */
export interface GruCall {
  readonly node: Node
  readonly hiddenSize: number
  readonly direction: 'forward' | 'reverse' | 'bidirectional'
  /** X, W, R, B, sequence_lens, initial_h. */
  readonly inputs: readonly (Value | undefined)[]
  readonly time: Group
  readonly batch: Group
  /** Directions and units, as they follow each other in a feature vector. */
  readonly features: Group
  /** How X must lie. */
  readonly order: readonly ['time' | 'batch', 'time' | 'batch']
}

/** A linear layer after a GRU. */
export interface Head {
  readonly gru: GruCall
  readonly node: Node
  readonly weight: Constant
  /** Whether the weight is [features, outputs] and not [outputs, features]. */
  readonly columns: boolean
  readonly bias?: Constant
  readonly outputSize: number
  readonly outputs: Group
  /** Those that it is given. */
  readonly steps: Steps
}

/** The GRU that a value follows, if it does. */
export function followed(value: Value | undefined): GruCall | undefined {
  switch (value?.kind) {
    case 'y':
    case 'states':
      return value.gru
    case 'joined':
      return value.grus[0]
    case 'projected':
      return value.head.gru
    case 'unknown':
      return value.after
    default:
      return undefined
  }
}
