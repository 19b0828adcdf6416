import type { RecurrentActivation } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { integer } from './arguments.ts'
import { nameOf } from './gru-call.ts'
import type { Node } from './model-proto.ts'
import type { GruCall } from './values.ts'

/** What a GRU node says of its equations. */
export interface Equations {
  readonly cell: 'reset-after' | 'reset-before'
  readonly recurrentActivation: RecurrentActivation
}

const KNOWN = [
  'activation_alpha',
  'activation_beta',
  'activations',
  'clip',
  'direction',
  'hidden_size',
  'layout',
  'linear_before_reset',
  'output_sequence',
]
/** Of `HardSigmoid`, max(0, min(1, alpha · x + beta)): the defaults of ONNX, and what the engine runs. */
const ALPHA = 0.2
const BETA = 0.5

/**
 * The equations of a GRU node, by https://onnx.ai/onnx/operators/onnx__GRU.html.
 * @throws FormatError naming the attribute that the engine has no equivalent of
 */
export function equationsOf({ node, direction }: GruCall): Equations {
  const name = nameOf(node)
  const stray = [...node.attributes.keys()].find((key) => !KNOWN.includes(key))
  if (stray !== undefined) throw new FormatError(`the GRU ${name} has the unknown attribute ${quote(stray)}`)
  if (node.attributes.has('clip')) {
    throw new FormatError(
      `the GRU ${name} clips at ${node.attributes.get('clip')?.f}, which no model here does`,
    )
  }
  const reset = integer(node, 'linear_before_reset', 0)
  if (reset !== 0 && reset !== 1) throw new FormatError(`the GRU ${name} has linear_before_reset ${reset}`)
  return {
    cell: reset === 1 ? 'reset-after' : 'reset-before',
    recurrentActivation: activationOf(node, direction === 'bidirectional' ? 2 : 1),
  }
}

/** The activation of r and z, the same in all directions; that of n must be tanh. */
function activationOf(node: Node, directions: number): RecurrentActivation {
  const given = node.attributes.get('activations')?.strings ?? []
  if (given.length === 0) return 'sigmoid'
  const names = given.map((name) => name.toLowerCase())
  const gates = names.filter((_, i) => i % 2 === 0)
  const fits =
    names.length === 2 * directions &&
    names.every((name, i) => i % 2 === 0 || name === 'tanh') &&
    gates.every((name) => name === gates[0]) &&
    ['sigmoid', 'hardsigmoid'].includes(gates[0])
  if (!fits) {
    throw new FormatError(
      `the GRU ${nameOf(node)} has the activations ${given.slice(0, 4).map(quote).join(', ')}; run are Sigmoid or HardSigmoid with Tanh`,
    )
  }
  if (gates[0] === 'sigmoid') return 'sigmoid'
  for (const [key, value] of [['activation_alpha', ALPHA] as const, ['activation_beta', BETA] as const]) {
    const list = node.attributes.get(key)?.floats ?? []
    const wrong = list.slice(0, gates.length).find((v) => v !== Math.fround(value))
    if (wrong !== undefined || list.length > gates.length) {
      throw new FormatError(
        `the GRU ${nameOf(node)} has ${key} ${list.slice(0, 4).join(', ')}; a HardSigmoid is run with ${value} only`,
      )
    }
  }
  return 'hard-sigmoid'
}
