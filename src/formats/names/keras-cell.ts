import { gruSpec, presets } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import { concat, transpose } from '../assemble.ts'
import { FormatError } from '../error.ts'
import { expectShape } from '../native.ts'
import type { Tensor } from '../types.ts'
import {
  findGrus,
  type LinearNaming,
  type NamedCells,
  type NamedGru,
  type ParameterName,
  type Parameters,
} from './named-gru.ts'

/** Dense layers of the cell in the order r, z, n; its update gate writes where the others keep. */
const GATES = ['reset_gate', 'update_gate', 'new_memory_gate'] as const
const PARAMETER = /^((?:.*[./])?)(reset_gate|update_gate|new_memory_gate)[./](kernel|bias)(?::0)?$/s

const linear: LinearNaming = (matrix) => {
  const [, label, between, end = ''] = /^(.+)([./])kernel(:0)?$/s.exec(matrix) ?? []
  if (label === undefined) return undefined
  return { label, bias: `${label}${between}bias${end}`, transposed: true, certain: false }
}

/** Every set of tensors named `reset_gate/kernel`, `update_gate/kernel`, `new_memory_gate/kernel`, each with its bias. */
export function kerasCells(tensors: ReadonlyMap<string, Tensor>): NamedGru[] {
  return findGrus(tensors, parse, linear, read)
}

function parse(name: string): ParameterName | undefined {
  const [, prefix, gate, kind] = PARAMETER.exec(name) ?? []
  return prefix === undefined ? undefined : { prefix, parameter: `${gate}/${kind}` }
}

function read({ names, get }: Parameters): NamedCells {
  const { shape } = get('reset_gate/kernel')
  const [rows, H] = shape
  if (shape.length !== 2 || rows <= H) {
    throw new FormatError(
      `${quote(names.get('reset_gate/kernel'))} has the shape [${shape.join(', ')}] where [inputs + H, H] is needed`,
    )
  }
  const biased = GATES.some((gate) => names.has(`${gate}/bias`))
  for (const gate of GATES) {
    expectShape(names.get(`${gate}/kernel`) ?? '', get(`${gate}/kernel`), [rows, H])
    if (biased) expectShape(names.get(`${gate}/bias`) ?? '', get(`${gate}/bias`), [H])
  }
  const I = rows - H
  return {
    spec: gruSpec({ ...presets.kerasCell, inputSize: I, hiddenSize: H, biases: biased ? 1 : 0 }),
    notes: [],
    cells: () => {
      const kernels = GATES.map((gate) => get(`${gate}/kernel`).values())
      return [
        {
          W: concat(kernels.map((kernel) => transpose(kernel.subarray(0, I * H), I, H))),
          U: concat(kernels.map((kernel) => transpose(kernel.subarray(I * H), H, H))),
          ...(biased && { b: concat(GATES.map((gate) => get(`${gate}/bias`).values())) }),
        },
      ]
    },
  }
}
