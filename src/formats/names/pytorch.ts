import { tensors as layoutOf } from '../../engine/layout.ts'
import { type GruSpec, gruSpec, presets } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import type { CellWeights } from '../assemble.ts'
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

/** Parameters of nn.GRU, and of nn.GRUCell, which has no layers. */
const PARAMETER = /^((?:.*\.)?)((?:weight|bias)_(?:ih|hh|hr))(_l\d{1,3}(?:_reverse)?)?$/s

const linear: LinearNaming = (matrix) => {
  const label = /^(.+)\.weight$/s.exec(matrix)?.[1]
  if (label === undefined) return undefined
  return { label, bias: `${label}.bias`, transposed: false, certain: /(^|\.)head$/.test(label) }
}

/** Every set of tensors named as PyTorch names recurrent parameters. */
export function pytorchGrus(tensors: ReadonlyMap<string, Tensor>): NamedGru[] {
  return findGrus(tensors, parse, linear, read)
}

function parse(name: string): ParameterName | undefined {
  const [, prefix, kind, layer = '_l0'] = PARAMETER.exec(name) ?? []
  return prefix === undefined ? undefined : { prefix, parameter: kind + layer }
}

function read({ names, get }: Parameters): NamedCells {
  const parameters = [...names.keys()]
  const hidden = get('weight_hh_l0')
  const projected = parameters.find((parameter) => parameter.startsWith('weight_hr'))
  if (projected !== undefined) {
    throw new FormatError(`${quote(names.get(projected))} is of an LSTM with a projection, not of a GRU`)
  }
  checkGates(names.get('weight_hh_l0')!, hidden)

  const spec = gruSpec({
    ...presets.pytorch,
    inputSize: columns(names.get('weight_ih_l0'), get('weight_ih_l0')),
    hiddenSize: hidden.shape[1],
    layers: 1 + Math.max(...parameters.map((parameter) => Number(/_l(\d+)/.exec(parameter)?.[1]))),
    direction: parameters.some((parameter) => parameter.endsWith('_reverse')) ? 'bidirectional' : 'forward',
    biases: parameters.some((parameter) => parameter.startsWith('bias')) ? 2 : 0,
  })
  for (const { name, shape } of layoutOf(spec)) expectShape(names.get(name) ?? name, get(name), shape)
  return { spec, notes: [], cells: () => cellsOf(spec, (parameter) => get(parameter).values()) }
}

function cellsOf(spec: GruSpec, values: (parameter: string) => Float32Array): CellWeights[] {
  return layoutOf(spec)
    .filter(({ name }) => name.startsWith('weight_ih'))
    .map(({ name }) => {
      const suffix = name.slice('weight_ih'.length)
      return {
        W: values(name),
        U: values(`weight_hh${suffix}`),
        ...(spec.biases > 0 && { b: values(`bias_ih${suffix}`), c: values(`bias_hh${suffix}`) }),
      }
    })
}

/** A GRU has three gates; the others look the same but for that. */
function checkGates(name: string, { shape }: Tensor): void {
  const [rows, H] = shape
  if (shape.length === 2 && rows === 3 * H) return
  const other = rows === 4 * H ? 'an LSTM' : rows === H ? 'a plain RNN' : undefined
  throw new FormatError(
    `${quote(name)} has the shape [${shape.join(', ')}], which is ${other ? `that of ${other}` : 'not [3H, H]'}, not of a GRU`,
  )
}

function columns(name: string | undefined, { shape }: Tensor): number {
  if (shape.length === 2) return shape[1]
  throw new FormatError(`${quote(name)} has the shape [${shape.join(', ')}], which is no matrix`)
}
