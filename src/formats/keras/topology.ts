import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import type { Json } from '../json.ts'
import { MAX_TENSORS } from '../limits.ts'
import { field, objectField } from './layer.ts'

/** A layer as the model's configuration describes it. */
export interface LayerConfig {
  readonly name: string
  readonly kind: string
  readonly config: ReadonlyMap<string, Json>
  /** Name of its folder in Keras 3's weights: the class in snake case, numbered when it is not the first. */
  readonly folder: string
}

const LAYERED: ReadonlySet<unknown> = new Set(['Sequential', 'Functional', 'Model'])

/** Whether a model is of a class whose configuration names its layers, not one of the author's own. */
export function isLayered(model: Json): boolean {
  return LAYERED.has(field(model, 'class_name'))
}

/**
 * Layers of a Sequential model, or of a Functional one that is a simple chain, in the order of the data.
 * @throws FormatError for other models
 */
export function chainOf(model: Json): LayerConfig[] {
  const kind = field(model, 'class_name')
  if (!isLayered(model)) {
    throw new FormatError(`the Keras model is of the class ${quote(kind)}, not Sequential or Functional`)
  }
  const config = field(model, 'config')
  // Keras before 2.2.3 wrote the list of a Sequential's layers alone.
  const list = Array.isArray(config) ? config : field(config, 'layers')
  if (!Array.isArray(list)) throw new FormatError('the configuration of the Keras model names no layers')
  if (list.length > MAX_TENSORS) throw new FormatError(`the Keras model has more than ${MAX_TENSORS} layers`)
  const layers = numbered(list)
  return kind === 'Sequential' ? layers : inOrder(layers, list)
}

function numbered(list: readonly Json[]): LayerConfig[] {
  const used = new Map<string, number>()
  return list.map((layer) => {
    const kind = field(layer, 'class_name')
    const config = objectField(layer, 'config')
    const name = field(config, 'name') ?? field(layer, 'name')
    if (typeof kind !== 'string' || typeof name !== 'string' || !config) {
      throw new FormatError(
        'the configuration of the Keras model has a layer without class, name or settings',
      )
    }
    const base = snakeCase(kind)
    const count = used.get(base) ?? 0
    used.set(base, count + 1)
    return { name, kind, config, folder: count === 0 ? base : `${base}_${count}` }
  })
}

/** As Keras makes names: `TimeDistributed` gives `time_distributed`. */
function snakeCase(kind: string): string {
  return kind
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

function inOrder(layers: readonly LayerConfig[], list: readonly Json[]): LayerConfig[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]))
  const next = new Map<string, LayerConfig>()
  const first: LayerConfig[] = []
  layers.forEach((layer, i) => {
    const inputs = inputsOf(field(list[i], 'inbound_nodes'))
    if (inputs.length === 0) first.push(layer)
    for (const input of inputs) {
      const source = input ?? ''
      if (inputs.length > 1 || !byName.has(source) || next.has(source)) throw notAChain(layer.name)
      next.set(source, layer)
    }
  })
  const chain = first.slice(0, 1)
  while (chain.length > 0 && chain.length <= layers.length) {
    const follower = next.get(chain[chain.length - 1].name)
    if (!follower) break
    chain.push(follower)
  }
  if (chain.length !== layers.length) throw notAChain(first[1]?.name ?? layers[0]?.name)
  return chain
}

function notAChain(name: string | undefined): FormatError {
  return new FormatError(`the Keras model is not a simple chain of layers at ${quote(name)}`)
}

/**
 * Layers whose output a layer takes, undefined for an output that is not their first.
 *
 * Keras 3 writes `{"keras_history": [name, node, output]}` somewhere in the arguments of the call, Keras 2 and
 * TensorFlow.js `[name, node, output, …]` in lists.
 */
function inputsOf(nodes: Json | undefined): (string | undefined)[] {
  if (nodes instanceof Map) {
    const history = nodes.get('keras_history')
    return history === undefined ? [...nodes.values()].flatMap(inputsOf) : inputsOf(history)
  }
  if (!Array.isArray(nodes)) return []
  const [name, node, output] = nodes
  if (typeof name === 'string' && typeof node === 'number') {
    return [node === 0 && output === 0 ? name : undefined, ...nodes.slice(3).flatMap(inputsOf)]
  }
  return nodes.flatMap(inputsOf)
}
