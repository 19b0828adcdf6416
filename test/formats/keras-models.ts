import assert from 'node:assert/strict'
import { FormatError } from '../../src/formats/error.ts'
import { parseJson } from '../../src/formats/json.ts'
import type { Dialect } from '../../src/formats/keras/equations.ts'
import { interpretModel } from '../../src/formats/keras/model.ts'
import { below } from '../../src/formats/keras/paths.ts'
import { createTensor } from '../../src/formats/tensor.ts'
import type { Imported, ImportOptions, Tensor } from '../../src/formats/types.ts'

/** A layer as Keras 2 configures it, and the shapes of its weights. */
export interface LayerSource {
  readonly class_name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly weights: Readonly<Record<string, readonly number[]>>
  readonly inbound_nodes?: unknown
}

type Settings = Readonly<Record<string, unknown>>

export function gru(name: string, inputs: number, units: number, settings: Settings = {}): LayerSource {
  const after = settings.reset_after !== false
  return {
    class_name: 'GRU',
    config: {
      name,
      units,
      activation: 'tanh',
      recurrent_activation: 'sigmoid',
      return_sequences: true,
      reset_after: after,
      ...settings,
    },
    weights: {
      kernel: [inputs, 3 * units],
      recurrent_kernel: [units, 3 * units],
      bias: after ? [2, 3 * units] : [3 * units],
    },
  }
}

export function bidirectional(name: string, inner: LayerSource, settings: Settings = {}): LayerSource {
  const directions = ['forward_gru', 'backward_gru'].flatMap((folder) =>
    Object.entries(inner.weights).map(([role, shape]) => [`${folder}/gru_cell/${role}:0`, shape] as const),
  )
  return {
    class_name: 'Bidirectional',
    config: { name, layer: { class_name: inner.class_name, config: inner.config }, ...settings },
    weights: Object.fromEntries(directions),
  }
}

export function dense(name: string, inputs: number, units: number, settings: Settings = {}): LayerSource {
  return {
    class_name: 'Dense',
    config: { name, units, activation: 'linear', ...settings },
    weights: { kernel: [inputs, units], bias: [units] },
  }
}

export function other(class_name: string, name: string): LayerSource {
  return { class_name, config: { name }, weights: {} }
}

/** Reads a model of such layers, whose weights are different numbers within ±0.4. */
export function interpret(
  layers: readonly LayerSource[],
  options: ImportOptions = {},
  dialect: Dialect = { tfjs: false, version: '2.15.0' },
  model: (layers: readonly unknown[]) => unknown = (list) => ({
    class_name: 'Sequential',
    config: { layers: list },
  }),
): Imported {
  const tensors = new Map<string, Tensor>()
  for (const { config, weights } of layers) {
    for (const [path, shape] of Object.entries(weights)) {
      const name = `${config.name}/${path}`
      tensors.set(name, createTensor({ shape, dtype: 'F32', bytes: numbers(name, shape) }))
    }
  }
  const bare = layers.map(({ weights, ...layer }) => layer)
  return interpretModel(
    {
      format: 'keras-h5',
      dialect,
      config: parseJson(new TextEncoder().encode(JSON.stringify(model(bare))), 'the model_config'),
      tensors,
      weightsOf: ({ name }) => below(tensors, `${name}/`),
    },
    options,
  )
}

/** Makes sure that such a model is refused with this sentence. */
export function refused(
  sentence: string,
  layers: readonly LayerSource[],
  options?: ImportOptions,
  dialect?: Dialect,
  model?: (layers: readonly unknown[]) => unknown,
): void {
  assert.throws(
    () => interpret(layers, options, dialect, model),
    (error) => {
      assert.ok(error instanceof FormatError, String(error))
      assert.equal(error.message, sentence)
      return true
    },
  )
}

/** The same for the same name, whatever else is in the model. */
function numbers(name: string, shape: readonly number[]): Uint8Array {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7)
  const length = shape.reduce((a, b) => a * b, 1)
  return new Uint8Array(Float32Array.from({ length }, (_, i) => 0.4 * Math.sin(seed + 1.7 * i)).buffer)
}
