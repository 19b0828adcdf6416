import { type PresetName, presets, type RecurrentActivation } from '../../engine/spec.ts'
import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import type { Json } from '../json.ts'
import { field, type KerasLayer, nameLayer, objectField } from './layer.ts'
import type { CellTensors } from './weights.ts'

/** Who wrote a configuration: they mean different things by the same words. */
export interface Dialect {
  readonly tfjs: boolean
  /** As written: `3.15.1`, `2.15.0`, `tfjs-layers 4.22.0`. */
  readonly version?: string
}

/** What one GRU layer computes. */
export interface Equations {
  readonly cell: 'reset-after' | 'reset-before'
  readonly recurrentActivation: RecurrentActivation
  readonly direction: 'forward' | 'reverse' | 'bidirectional'
  /** Whether Keras gives the output of every step, not of the last alone. */
  readonly everyStep: boolean
}

type Settings = ReadonlyMap<string, Json>

/**
 * Reads what a GRU or Bidirectional layer computes from its settings, its weights and, where both leave it open,
 * the preset.
 * @throws FormatError when this cannot be run here, or contradicts itself
 */
export function equationsOf(
  layer: KerasLayer,
  { bias }: CellTensors,
  dialect: Dialect,
  preset: PresetName | undefined,
): Equations {
  const settings = settingsOf(layer)
  const cell = resetOf(layer, settings, bias?.shape.length, dialect, preset)
  if (preset !== undefined && (presets[preset].cell !== cell || presets[preset].update !== 'keep')) {
    throw new FormatError(`the preset ${preset} contradicts the file: ${nameLayer(layer)} is ${cell}`)
  }
  const bidirectional = layer.kind === 'Bidirectional'
  if (settings === null) {
    const direction = bidirectional ? 'bidirectional' : 'forward'
    return { cell, recurrentActivation: 'sigmoid', direction, everyStep: true }
  }
  const activation = nameOf(settings.get('activation') ?? 'tanh')
  if (activation !== 'tanh') {
    throw new FormatError(
      `${nameLayer(layer)} has the activation ${quote(activation)}, only tanh can be run here`,
    )
  }
  const backwards = settings.get('go_backwards') === true
  if (bidirectional && backwards)
    throw new FormatError(`${nameLayer(layer)} runs its forward layer backwards`)
  return {
    cell,
    recurrentActivation: recurrentActivationOf(layer, settings, dialect),
    direction: bidirectional ? 'bidirectional' : backwards ? 'reverse' : 'forward',
    everyStep: settings.get('return_sequences') === true,
  }
}

/** Settings of the GRU itself; null where the file holds weights only. */
function settingsOf(layer: KerasLayer): Settings | null {
  const { kind, config } = layer
  if (kind !== 'Bidirectional' || config === null) return config
  const merge = config.get('merge_mode') ?? 'concat'
  if (merge !== 'concat') {
    throw new FormatError(
      `${nameLayer(layer)} has the merge mode ${quote(merge)}, only concat can be run here`,
    )
  }
  const inner = objectField(config, 'layer')
  const settings = objectField(inner, 'config')
  if (field(inner, 'class_name') !== 'GRU' || !settings) {
    throw new FormatError(`${nameLayer(layer)} is around ${quote(field(inner, 'class_name'))}, not a GRU`)
  }
  const other = objectField(objectField(config, 'backward_layer'), 'config')
  const differs = ['activation', 'recurrent_activation', 'reset_after', 'return_sequences'].some(
    (name) => other && nameOf(other.get(name) ?? null) !== nameOf(settings.get(name) ?? null),
  )
  if (differs) throw new FormatError(`${nameLayer(layer)} has directions of different settings`)
  return settings
}

function resetOf(
  layer: KerasLayer,
  settings: Settings | null,
  biasRank: number | undefined,
  { tfjs }: Dialect,
  preset: PresetName | undefined,
): Equations['cell'] {
  const said = settings?.get('reset_after') ?? (tfjs ? false : undefined)
  const shown = biasRank === undefined ? undefined : biasRank === 2
  if (typeof said === 'boolean') {
    if (shown !== undefined && shown !== said) {
      throw new FormatError(`${nameLayer(layer)} says reset_after ${said}, and its bias says the opposite`)
    }
    return said ? 'reset-after' : 'reset-before'
  }
  if (shown !== undefined) return shown ? 'reset-after' : 'reset-before'
  const cell = preset && presets[preset].cell
  if (cell === 'reset-after' || cell === 'reset-before') return cell
  throw new FormatError(
    `${nameLayer(layer)} has no bias to tell reset after from reset before; the option preset says it: keras or kerasResetBefore`,
  )
}

function recurrentActivationOf(
  layer: KerasLayer,
  settings: Settings,
  { tfjs, version = '' }: Dialect,
): RecurrentActivation {
  const given = settings.get('recurrent_activation') ?? (tfjs ? 'hard_sigmoid' : undefined)
  if (given === undefined) throw new FormatError(`${nameLayer(layer)} does not say its recurrent activation`)
  const name = nameOf(given)
  if (name === 'sigmoid') return 'sigmoid'
  if (name !== 'hard_sigmoid' && name !== 'hardSigmoid') {
    throw new FormatError(
      `${nameLayer(layer)} has the recurrent activation ${quote(name)}, only sigmoid and hard_sigmoid can be run here`,
    )
  }
  // Slope 0.2 in Keras 1 and 2 and in TensorFlow.js, 1/6 in Keras 3.
  if (/^[12]\./.test(version) || (tfjs && !/^\d/.test(version))) return 'hard-sigmoid'
  throw new FormatError(
    `${nameLayer(layer)} has the hard_sigmoid of Keras ${quote(version)}; only that of Keras 2, of slope 0.2, can be run here`,
  )
}

/** An activation is a name, or since Keras 3 sometimes an object around one. */
function nameOf(value: Json): Json {
  if (!(value instanceof Map)) return value
  const name = value.get('config')
  return typeof name === 'string' ? name : (value.get('class_name') ?? null)
}
