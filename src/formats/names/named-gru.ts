import type { GruSpec } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import type { CellWeights } from '../assemble.ts'
import type { ImportOptions, Tensor } from '../types.ts'

/** A GRU found by the names of its tensors. */
export interface NamedGru {
  /** What they begin with. */
  readonly prefix: string
  readonly names: ReadonlySet<string>
  /** How linear layers beside it are named. */
  readonly linear: LinearNaming
  /** @throws FormatError when a tensor is missing or has another shape than its neighbours ask for */
  read(options: ImportOptions): NamedCells
}

export interface NamedCells {
  /** Without a projection. */
  readonly spec: GruSpec
  readonly notes: readonly string[]
  /** Reads the numbers, in the order of the packed weights. */
  cells(): readonly CellWeights[]
}

/** The linear layer whose matrix a tensor of this name would be. */
export type LinearNaming = (matrix: string) => LinearNames | undefined

export interface LinearNames {
  /** Of the layer. */
  readonly label: string
  readonly bias: string
  /** Whether the matrix is [features][outputs], as Keras has it. */
  readonly transposed: boolean
  /** Whether the name says that the layer is the projection, as `writeModel` names it. */
  readonly certain: boolean
}

/** A linear layer on the output of a GRU. */
export interface NamedHead {
  readonly W: Tensor
  readonly b?: Tensor
  readonly outputs: number
  readonly transposed: boolean
}

/** What errors call it. */
export function titleOf(prefix: string): string {
  return prefix === '' ? 'the GRU' : `the GRU ${quote(prefix)}`
}
