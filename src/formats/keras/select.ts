import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import type { ImportOptions } from '../types.ts'
import { field, type KerasLayer, nameLayer, objectField } from './layer.ts'

/** Layers that do nothing once a model is trained. */
export const NEUTRAL: ReadonlySet<string> = new Set([
  'InputLayer',
  'Dropout',
  'SpatialDropout1D',
  'GaussianDropout',
  'GaussianNoise',
  'AlphaDropout',
  'ActivityRegularization',
])
const RECURRENT: ReadonlySet<string> = new Set(['GRU', 'Bidirectional'])

/** What is run of a model. */
export interface Selection {
  /** At least one, the output of each going into the next. */
  readonly recurrent: readonly KerasLayer[]
  /** A linear Dense layer right behind them. */
  readonly head?: KerasLayer
  readonly notes: readonly string[]
}

/**
 * Picks the GRU layers and the head: the whole model, or the part that `prefix` and `head` name.
 * @throws FormatError naming the layer that is in the way
 */
export function select(layers: readonly KerasLayer[], options: ImportOptions): Selection {
  const { prefix } = options
  const chain = layers.filter(({ kind }) => !NEUTRAL.has(kind))
  const isPart = (layer: KerasLayer): boolean =>
    RECURRENT.has(layer.kind) && (prefix === undefined || isNamed(layer, prefix))
  if (prefix !== undefined && !chain.some(isPart)) {
    throw new FormatError(`no GRU layer's name begins with ${quote(prefix)}`)
  }
  if (!chain.some(isPart)) {
    const found = chain.slice(0, 8).map(nameLayer).join(', ') || 'no layers'
    throw new FormatError(`the Keras model has no GRU layer, it has ${found}`)
  }
  const start = prefix === undefined ? 0 : chain.findIndex(isPart)
  let end = start
  while (end < chain.length && isPart(chain[end])) end++
  if (end === start) {
    throw new FormatError(
      `the layer ${nameLayer(chain[start])} before the GRU cannot be run here; the option prefix takes the GRU alone, by its name`,
    )
  }
  const before = chain.slice(0, start)
  const { head, left } = selectHead(chain.slice(end), options)
  const out = [...before, ...left]
  return {
    recurrent: chain.slice(start, end),
    head,
    notes: out.length > 0 ? [`left out: ${out.map(nameLayer).join(', ')}`] : [],
  }
}

function selectHead(
  rest: readonly KerasLayer[],
  { head, prefix }: ImportOptions,
): { readonly head?: KerasLayer; readonly left: readonly KerasLayer[] } {
  const [next, ...others] = rest
  if (head === false || !next) {
    if (head) throw new FormatError(`no layer follows the GRU, so none can be the head ${quote(head)}`)
    return { left: rest }
  }
  if (head !== undefined) {
    if (next.name !== head) {
      throw new FormatError(`the layer right behind the GRU is ${nameLayer(next)}, not ${quote(head)}`)
    }
    if (!isLinear(next)) throw new FormatError(`the layer ${nameLayer(next)} is not a linear Dense layer`)
    return { head: next, left: others }
  }
  if (isLinear(next) && others.length === 0) return { head: next, left: [] }
  if (prefix !== undefined) return { left: rest }
  const [culprit] = isLinear(next) ? others : rest
  throw new FormatError(
    `the layer ${nameLayer(culprit)}${activationOf(culprit)} beside the GRU cannot be run here; the option head names the Dense layer to take, or is false for none`,
  )
}

/** A layer's name begins with the prefix, or is what the prefix begins with, as in `gru.` and `gru/`. */
export function isNamed({ name }: KerasLayer, prefix: string): boolean {
  return name.startsWith(prefix) || (prefix.startsWith(name) && /^[./]/.test(prefix.slice(name.length)))
}

/** A Dense layer without activation; of one whose settings are not in the file, that is assumed. */
export function isLinear(layer: KerasLayer): boolean {
  const dense = denseConfig(layer)
  if (dense === undefined) return false
  const activation = field(dense, 'activation') ?? null
  return activation === null || activation === 'linear'
}

function activationOf(layer: KerasLayer): string {
  const activation = field(denseConfig(layer) ?? null, 'activation')
  return typeof activation === 'string' && activation !== 'linear'
    ? ` with the activation ${quote(activation)}`
    : ''
}

/** Settings of a Dense layer, also of one applied to every step; undefined for other layers. */
function denseConfig({ kind, config }: KerasLayer): KerasLayer['config'] | undefined {
  if (kind === 'Dense') return config
  if (kind !== 'TimeDistributed') return undefined
  if (config === null) return null
  const inner = objectField(config, 'layer')
  return field(inner, 'class_name') === 'Dense' ? objectField(inner, 'config') : undefined
}
