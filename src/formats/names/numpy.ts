import { type Cell, gruSpec, type PresetName, presets } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import { concat } from '../assemble.ts'
import { FormatError } from '../error.ts'
import { expectShape } from '../native.ts'
import type { ImportOptions, Tensor } from '../types.ts'
import { type LinearNaming, type NamedCells, type NamedGru, titleOf } from './named-gru.ts'

/** Gates in the order r, z, n; the NumPy GRU calls its candidate h. */
export const NUMPY_GATES = ['r', 'z', 'h'] as const
const PARAMETER = /^((?:.*[./])?)([WUb][rzh])$/s

/** Who is meant by these names, by the cell. */
export const NUMPY_PRESETS: Readonly<Record<Exclude<Cell, 'reset-after'>, PresetName>> = {
  'no-reset': 'numpy',
  'no-carry': 'numpyLiteral',
  'reset-before': 'numpyTextbook',
}
const PRESETS: readonly PresetName[] = Object.values(NUMPY_PRESETS)

const UNSAID = `the names do not say the equations; taken are those of the preset numpy, others are ${PRESETS.slice(1).join(' and ')}`

const linear: LinearNaming = (matrix) => {
  const prefix = /^((?:.*[./])?)Wo$/s.exec(matrix)?.[1]
  return prefix === undefined
    ? undefined
    : { label: matrix, bias: `${prefix}bo`, transposed: false, certain: true }
}

/** Every set of tensors named `Wr Ur br Wz Uz bz Wh Uh bh`. */
export function numpyGrus(tensors: ReadonlyMap<string, Tensor>): NamedGru[] {
  const groups = new Map<string, Set<string>>()
  for (const name of tensors.keys()) {
    const prefix = PARAMETER.exec(name)?.[1]
    if (prefix !== undefined) groups.set(prefix, (groups.get(prefix) ?? new Set()).add(name))
  }
  return (
    [...groups]
      // Plain RNNs have a bh too.
      .filter(([prefix, names]) => names.has(`${prefix}Wr`) || names.has(`${prefix}Wz`))
      .map(([prefix, names]) => ({
        prefix,
        names,
        linear,
        read: (options) => read(tensors, prefix, names, options),
      }))
  )
}

function read(
  tensors: ReadonlyMap<string, Tensor>,
  prefix: string,
  names: ReadonlySet<string>,
  { preset: given }: ImportOptions,
): NamedCells {
  const preset = given ?? 'numpy'
  if (!PRESETS.includes(preset)) {
    throw new FormatError(`weights named Wr, Ur, … are of the presets ${PRESETS.join(', ')}, not ${preset}`)
  }
  const get = (kind: string, gate: string): Tensor => {
    const tensor = tensors.get(`${prefix}${kind}${gate}`)
    if (!tensor) throw new FormatError(`${titleOf(prefix)} has no ${kind}${gate}`)
    return tensor
  }
  const { shape } = get('W', 'r')
  if (shape.length !== 2) {
    throw new FormatError(`${quote(`${prefix}Wr`)} has the shape [${shape.join(', ')}], which is no matrix`)
  }
  const [H, I] = shape
  const biased = NUMPY_GATES.some((gate) => names.has(`${prefix}b${gate}`))
  for (const gate of NUMPY_GATES) {
    expectShape(`${prefix}W${gate}`, get('W', gate), [H, I])
    expectShape(`${prefix}U${gate}`, get('U', gate), [H, H])
    if (biased) {
      const bias = get('b', gate)
      expectShape(`${prefix}b${gate}`, bias, bias.shape.length === 1 ? [H] : [H, 1])
    }
  }
  const stack = (kind: string): Float32Array => concat(NUMPY_GATES.map((gate) => get(kind, gate).values()))
  return {
    spec: gruSpec({ ...presets[preset], inputSize: I, hiddenSize: H, biases: biased ? 1 : 0 }),
    notes: given ? [] : [UNSAID],
    cells: () => [{ W: stack('W'), U: stack('U'), ...(biased && { b: stack('b') }) }],
  }
}
