import { quote } from '../../quote.ts'
import type { Json } from '../json.ts'
import type { Tensor } from '../types.ts'

/** One layer of a Keras or TensorFlow.js model, in the order in which data pass through them. */
export interface KerasLayer {
  readonly name: string
  /** Keras' class name: `GRU`, `Bidirectional`, `Dense`, … */
  readonly kind: string
  /** null where the file holds weights only. */
  readonly config: ReadonlyMap<string, Json> | null
  /** By their paths below the layer. */
  readonly weights: ReadonlyMap<string, Tensor>
}

/** A layer as errors and notes name it. */
export function nameLayer({ name, kind }: KerasLayer): string {
  return `${quote(name)} (${/^\w{1,40}$/.test(kind) ? kind : quote(kind)})`
}

/** A field of a JSON object; undefined when there is none, or it is no object. */
export function field(value: Json | undefined, name: string): Json | undefined {
  return value instanceof Map ? value.get(name) : undefined
}

/** The field of a JSON object that must be one itself. */
export function objectField(value: Json | undefined, name: string): ReadonlyMap<string, Json> | undefined {
  const found = field(value, name)
  return found instanceof Map ? found : undefined
}
