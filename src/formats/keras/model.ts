import type { Json } from '../json.ts'
import type { FormatName, Imported, ImportOptions, Tensor } from '../types.ts'
import type { Dialect } from './equations.ts'
import { hasGates, interpretGates } from './gates.ts'
import { interpretLayers } from './interpret.ts'
import { chainOf, isLayered, type LayerConfig } from './topology.ts'

/** A model with its configuration, from whatever file. */
export interface KerasModel {
  readonly format: FormatName
  readonly dialect: Dialect
  /** `{"class_name": …, "config": …}`. */
  readonly config: Json
  readonly tensors: ReadonlyMap<string, Tensor>
  /** The weights of a layer, by their paths below it. */
  weightsOf(layer: LayerConfig): ReadonlyMap<string, Tensor>
}

/** @throws FormatError when the model, or the part of it that is asked for, cannot be run here */
export function interpretModel(model: KerasModel, options: ImportOptions): Imported {
  const { format, dialect, config, tensors, weightsOf } = model
  const gates = hasGates(tensors)
  const chain = gates && !isLayered(config) ? [] : chainOf(config)
  const layers = chain.map((layer) => ({ ...layer, weights: weightsOf(layer) }))
  if (gates) return interpretGates(tensors, layers, options, format)
  return interpretLayers(layers, dialect, options)
}
