import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { listed } from '../listing.ts'
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
    const found = listed(chain.map(nameLayer)) || 'no layers'
    throw new FormatError(`the Keras model has no GRU layer, it has ${found}`)
  }
  const start = prefix === undefined ? 0 : chain.findIndex(isPart)
  let end = start
  while (end < chain.length && isPart(chain[end])) end++
  if (end === start) {
    throw new FormatError(
      `the layer ${nameLayer(chain[start])} before the GRU cannot be run here; ` +
        `the option prefix leaves it out: what the names of the GRU's layers begin with, as in ${quote(chain.find(isPart)?.name)}`,
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
    `the layer ${nameLayer(culprit)}${activationOf(culprit)} beside the GRU cannot be run here; ${choices(rest)}`,
  )
}

/** What the option head may be. */
function choices(rest: readonly KerasLayer[]): string {
  const takes = rest.filter((layer, i) => (i === 0 && isLinear(layer)) || mayBeLinear(layer))
  const names = listed(takes.map(({ name }) => quote(name)))
  return `the option head ${names && `takes ${names}, or `}is false for the GRU alone`
}

/** A layer of Keras 3's weights, whose class and place the file does not say, of a matrix and a vector. */
function mayBeLinear({ config, weights }: KerasLayer): boolean {
  const [matrix, bias] = ['vars/0', 'vars/1'].map((path) => weights.get(path)?.shape.length)
  return config === null && weights.size === 2 && matrix === 2 && bias === 1
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
