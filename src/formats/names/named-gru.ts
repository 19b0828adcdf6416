import type { GruSpec } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import type { CellWeights } from '../assemble.ts'
import { FormatError } from '../error.ts'
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

/** A tensor's name as what all of its GRU begin with, and the parameter that it is of that GRU. */
export interface ParameterName {
  readonly prefix: string
  readonly parameter: string
}

/** The tensors of one GRU by their parameters. */
export interface Parameters {
  readonly prefix: string
  /** Names of the tensors. */
  readonly names: ReadonlyMap<string, string>
  /** @throws FormatError when there is no such tensor */
  get(parameter: string): Tensor
}

/**
 * The GRUs whose parameters `parse` recognises by their names.
 * @throws FormatError when a parameter is there twice
 */
export function findGrus(
  tensors: ReadonlyMap<string, Tensor>,
  parse: (name: string) => ParameterName | undefined,
  linear: LinearNaming,
  read: (parameters: Parameters) => NamedCells,
): NamedGru[] {
  const groups = new Map<string, Map<string, string>>()
  for (const name of tensors.keys()) {
    const parsed = parse(name)
    if (!parsed) continue
    const { prefix, parameter } = parsed
    const group = groups.get(prefix) ?? new Map<string, string>()
    if (group.has(parameter))
      throw new FormatError(`${quote(name)} is there as ${quote(group.get(parameter))} too`)
    groups.set(prefix, group.set(parameter, name))
  }
  return [...groups].map(([prefix, names]) => ({
    prefix,
    names: new Set(names.values()),
    linear,
    read: () =>
      read({
        prefix,
        names,
        get(parameter) {
          const tensor = tensors.get(names.get(parameter) ?? '')
          if (!tensor) throw new FormatError(`${titleOf(prefix)} has no ${parameter}`)
          return tensor
        },
      }),
  }))
}

/** What errors call it. */
export function titleOf(prefix: string): string {
  return prefix === '' ? 'the GRU' : `the GRU ${quote(prefix)}`
}
