import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import type { ImportOptions, Tensor } from '../types.ts'
import { type KerasLayer, nameLayer } from './layer.ts'
import { below, isRandomState, plainPath } from './paths.ts'
import { isNamed } from './select.ts'
import { cellTensors, denseTensors } from './weights.ts'

/**
 * Layers of a file of Keras 3 that holds weights only, told by their folders: `layers/gru`, `layers/gru_1`, `layers/dense`.
 * @throws FormatError when the order of several GRUs cannot be told
 */
export function layersByFolder(
  tensors: ReadonlyMap<string, Tensor>,
  { prefix, head }: ImportOptions,
): KerasLayer[] {
  const folders = new Set<string>()
  for (const path of tensors.keys()) {
    const [first, second] = plainPath(path).split('/')
    if (first !== 'optimizer' && first !== 'vars')
      folders.add(first === 'layers' ? `layers/${second}` : first)
  }
  const all = [...folders].map((folder) => {
    const name = folder.replace('layers/', '')
    const weights = below(tensors, `${folder}/`)
    return { name, kind: kindOf(name, [...weights.keys()], head), config: null, weights }
  })
  const layers = all.filter(({ weights }) => ![...weights.keys()].every(isRandomState))
  const isGru = ({ kind }: KerasLayer): boolean => kind === 'GRU' || kind === 'Bidirectional'
  const isPart = (layer: KerasLayer): boolean => prefix === undefined || isNamed(layer, prefix)
  const grus = layers.filter((layer) => isGru(layer) && isPart(layer)).sort(byNumber)
  if (new Set(grus.map(({ name }) => baseOf(name))).size > 1) {
    throw new FormatError(
      `the file holds weights only and does not say the order of ${grus.map(nameLayer).join(' and ')}; the option prefix picks one`,
    )
  }
  const rest = layers.filter((layer) => !isGru(layer)).sort(byNumber)
  const others = layers.filter((layer) => isGru(layer) && !isPart(layer))
  if (head === undefined && grus.length > 0) checkOrder(grus, rest)
  const isHead = ({ name, kind }: KerasLayer): boolean => (head ? name === head : kind === 'Dense')
  return [...others, ...grus, ...rest.filter(isHead), ...rest.filter((layer) => !isHead(layer))]
}

/** The only Dense layer may stand before the GRU as well as behind it when its sizes fit both. */
function checkOrder(grus: readonly KerasLayer[], rest: readonly KerasLayer[]): void {
  const [dense, ...others] = rest.filter(({ kind }) => kind === 'Dense')
  if (!dense || others.length > 0) return
  const [inputs, outputs] = denseTensors(dense).kernel.shape
  const last = cellTensors(grus[grus.length - 1])
  const width = last.forward.units + (last.backward?.units ?? 0)
  if (inputs !== width || outputs !== cellTensors(grus[0]).forward.inputs) return
  throw new FormatError(
    `the file holds weights only and does not say whether ${nameLayer(dense)} comes after ${nameLayer(grus[0])}; ` +
      `head: ${quote(dense.name)} takes it as the layer on the output, head: false leaves it out`,
  )
}

/** Layers of a file of Keras 2 that holds weights only, in the order of its `layer_names`. */
export function layersByName(tensors: ReadonlyMap<string, Tensor>, names: readonly string[]): KerasLayer[] {
  return names.flatMap((name) => {
    const weights = below(tensors, `${name}/`)
    if ([...weights.keys()].every(isRandomState)) return []
    return [{ name, kind: kindByLeaves(weights), config: null, weights }]
  })
}

function kindOf(name: string, paths: readonly string[], head: ImportOptions['head']): string {
  const base = baseOf(name)
  const every = (pattern: RegExp): boolean => paths.every((path) => pattern.test(path))
  if (base !== 'lstm' && base !== 'simple_rnn') {
    if (every(/^cell\/(vars|seed_generator)\//)) return 'GRU'
    if (every(/^(forward|backward)_layer\/cell\//)) return 'Bidirectional'
  }
  if ((base === 'dense' || name === head) && every(/^vars\/[01]$/)) return 'Dense'
  if (base === 'time_distributed' && every(/^layer\/vars\/[01]$/)) return 'TimeDistributed'
  return base
}

function kindByLeaves(weights: ReadonlyMap<string, Tensor>): string {
  const leaves = [...weights.keys()].map((path) => path.replace(/:\d+$/, '').split('/').pop() ?? '')
  if (leaves.includes('recurrent_kernel')) {
    return [...weights.keys()].some((path) => /(^|\/)backward_/.test(path)) ? 'Bidirectional' : 'GRU'
  }
  const dense = leaves.every((leaf) => leaf === 'kernel' || leaf === 'bias')
  return dense && [...weights.values()].every(({ shape }) => shape.length <= 2) ? 'Dense' : 'unknown'
}

function baseOf(name: string): string {
  return name.replace(/_\d+$/, '')
}

/** `gru` before `gru_1`, `gru_2` before `gru_10`. */
function byNumber({ name: a }: KerasLayer, { name: b }: KerasLayer): number {
  return Number(/_(\d+)$/.exec(a)?.[1] ?? 0) - Number(/_(\d+)$/.exec(b)?.[1] ?? 0)
}
