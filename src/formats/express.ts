import { layout } from '../engine/layout.ts'
import { createModel, type Model } from '../engine/model.ts'
import { type Cell, gruSpec } from '../engine/spec.ts'
import { FormatError } from './error.ts'

/** An r of exactly 1 in float32: σ(100). */
const OPEN = 100

/** A model that gives the same outputs, written so that a format can hold it. */
export interface Expressed {
  readonly model: Model
  /** What was changed on the way, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * The same function with the update `keep` and one of `cells`, exactly.
 *
 * `write` becomes `keep` by negating Wz, Uz and bz, because 1 − σ(a) = σ(−a). `no-reset` becomes any of `cells` by
 * a reset gate that is always 1. Nothing else can be changed without changing the outputs.
 * @param format named in the refusal
 * @throws FormatError when the cell has no equivalent among `cells`
 */
export function express(model: Model, format: string, cells: readonly Cell[]): Expressed {
  const { spec } = model
  const cell = cells.includes(spec.cell) ? spec.cell : spec.cell === 'no-reset' ? cells[0] : undefined
  if (!cell) throw new FormatError(`${format} has no GRU with the cell ${spec.cell}`)
  const opened = cell !== spec.cell
  if (!opened && spec.update === 'keep') return { model, notes: [] }

  const notes: string[] = []
  if (opened)
    notes.push(
      'the reset gate, computed and not used, is written as one that is always 1; its weights are lost',
    )
  if (spec.update === 'write') notes.push('the update gate is written negated, as 1 − u')
  const H = spec.hiddenSize
  const from = layout(spec)
  const target = gruSpec({
    ...spec,
    cell,
    update: 'keep',
    biases: opened && spec.biases === 0 ? 1 : spec.biases,
  })
  const to = layout(target)
  const weights = new Float32Array(to.size)
  to.cells.forEach((place, i) => {
    const source = from.cells[i]
    const blocks = [
      { at: place.W, from: source.W, gate: H * place.inputSize },
      { at: place.U, from: source.U, gate: H * H },
      { at: place.b, from: source.b, gate: H },
      { at: place.c, from: source.c, gate: H },
    ]
    for (const { at, from, gate } of blocks) {
      if (at < 0) continue
      if (from >= 0) weights.set(model.weights.subarray(from, from + 3 * gate), at)
      if (opened) weights.fill(0, at, at + gate)
      if (spec.update === 'write') for (let k = at + gate; k < at + 2 * gate; k++) weights[k] = -weights[k]
    }
    if (opened) weights.fill(OPEN, place.b, place.b + H)
  })
  if (to.head && from.head) weights.set(model.weights.subarray(from.head.W), to.head.W)
  return { model: createModel(target, weights), notes }
}
