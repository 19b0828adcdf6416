import { type GruSpec, gruSpec } from '../../engine/spec.ts'
import type { CellWeights } from '../assemble.ts'

/** A specification and the cells that it is of. */
export interface Restored {
  readonly spec: GruSpec
  readonly cells: readonly CellWeights[]
}

/**
 * The specification that a graph's cells have, as far as the graph tells.
 *
 * With the reset gate before the product both biases of a node are added, as ONNX does: they act as one.
 * @param notes gets a sentence where that loses something
 */
export function fromGraph({ spec, cells }: Restored, notes: string[]): Restored {
  if (spec.cell === 'reset-after' || spec.biases < 2) return { spec, cells }
  if (cells.some(({ c }) => c?.some((v) => v !== 0))) {
    notes.push('the input and the recurrent bias of each gate are added: they act as one')
  }
  const merged = cells.map(({ W, U, b, c }) => ({ W, U, b: b?.map((v, i) => v + (c?.[i] ?? 0)) }))
  return { spec: gruSpec({ ...spec, biases: 1 }), cells: merged }
}

/**
 * What a graph was written from, by the specification kept beside it; undefined when that is not of this graph.
 *
 * It restores what a graph does not tell: the update `write`, whose gate is written negated, and the number of biases.
 */
export function fromDescription(graph: Restored, described: GruSpec): Restored | undefined {
  const { spec, cells } = graph
  const { update, biases } = described
  const target = gruSpec({ ...spec, update, biases })
  const rest = { ...described, outputSize: spec.outputSize }
  const isOfGraph = (Object.keys(target) as (keyof GruSpec)[]).every((key) => target[key] === rest[key])
  // A part of the file, taken without its projection, is described as well.
  const isPart = spec.outputSize === 0 || spec.outputSize === described.outputSize
  const oneBias = cells.every(({ c }) => c?.every((v) => v === 0))
  const hasBiases = spec.biases === 0 ? biases === 0 : biases === 2 || (biases === 1 && oneBias)
  if (!isOfGraph || !isPart || !hasBiases) return undefined
  const kept = biases === 1 ? cells.map(({ W, U, b }) => ({ W, U, b })) : cells
  return { spec: target, cells: update === 'write' ? kept.map(complement) : kept }
}

/** The update gate negated: 1 − σ(a) = σ(−a). */
function complement({ W, U, b, c }: CellWeights): CellWeights {
  return { W: negate(W), U: negate(U), b: b && negate(b), c: c && negate(c) }
}

/** Of gates r, z, n the second; zeros stay positive. */
function negate(values: Float32Array): Float32Array {
  const gate = values.length / 3
  return values.map((v, i) => (i >= gate && i < 2 * gate ? -v : v))
}
