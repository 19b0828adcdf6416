import type { DeviceChoice } from '../src/engine/device.ts'
import { type PresetName, presets } from '../src/engine/spec.ts'
import type { ImportOptions } from '../src/formats/types.ts'
import { splitPath } from '../src/mqtt/payload.ts'
import { quote } from '../src/quote.ts'
import { readDevice } from './device.ts'
import { createGetter, createKeyReader, type MessageKey } from './property.ts'
import type { Message, NodeConfig, Red } from './red.ts'
import { readNumber } from './settings.ts'
import type { StepSends } from './stepMessage.ts'

const SENDS: readonly StepSends[] = ['output', 'hidden', 'both']

export interface StepConfig extends NodeConfig {
  /** Name of a file in the folder of models; blank: the model comes as `msg.model`. */
  readonly file?: string
  readonly preset?: string
  readonly prefix?: string
  readonly head?: string
  readonly noHead?: boolean
  readonly property?: string
  readonly keyProperty?: string
  /** Dotted paths, in the order of the model's inputs. */
  readonly features?: readonly string[]
  readonly sends?: string
  readonly device?: unknown
  readonly maxStreams?: unknown
}

/** The settings of a `gru-step` node, checked. */
export interface StepSettings {
  readonly importOptions: ImportOptions
  readonly sends: StepSends
  readonly readKey: (msg: Message) => MessageKey
  readonly getInput: (msg: Message) => unknown
  /** Where the input comes from, such as `msg.payload`. */
  readonly subject: string
  readonly features: readonly string[]
  readonly device: DeviceChoice
  readonly maxStreams?: number
}

/** The settings and the model's file do not go together. */
export class SettingsError extends RangeError {}

/** @throws RangeError naming the setting and its value */
export function readStepSettings(RED: Red, config: StepConfig): StepSettings {
  const property = config.property || 'payload'
  return {
    importOptions: readImportOptions(config),
    sends: readSends(config.sends),
    readKey: createKeyReader(RED, config.keyProperty || 'topic'),
    getInput: createGetter(RED, 'property', property),
    subject: `msg.${property}`,
    features: readFeatures(config.features),
    device: readDevice(config.device),
    maxStreams: readMaxStreams(config.maxStreams),
  }
}

function readImportOptions({ preset, prefix, head, noHead }: StepConfig): ImportOptions {
  if (preset && !Object.hasOwn(presets, preset)) {
    throw new RangeError(`preset must be one of ${Object.keys(presets).join(', ')}, got ${quote(preset)}`)
  }
  if (noHead && head) throw new RangeError(`head ${quote(head)} and noHead contradict each other`)
  return {
    preset: (preset || undefined) as PresetName | undefined,
    prefix: prefix || undefined,
    head: noHead ? false : head || undefined,
  }
}

function readSends(sends: unknown): StepSends {
  const known = SENDS.find((known) => known === (sends || 'output'))
  if (known) return known
  throw new RangeError(`sends must be one of ${SENDS.join(', ')}, got ${quote(sends)}`)
}

function readFeatures(features: unknown): readonly string[] {
  if (features === undefined) return []
  if (!(Array.isArray(features) && features.every((name) => typeof name === 'string'))) {
    throw new RangeError(`features must be a list of names, got ${quote(features)}`)
  }
  checkPaths(features)
  return features
}

/** @throws SettingsError naming the first that leads nowhere */
function checkPaths(features: readonly string[]): void {
  for (const name of features) {
    try {
      splitPath(name)
    } catch (error) {
      throw new SettingsError(`features: ${(error as Error).message}`)
    }
  }
}

/**
 * The fields of an object to take, in the order of the model's inputs: those of the settings, else those that the
 * model's file names, else none.
 *
 * @param named what the file calls its inputs, as far as it does
 * @throws SettingsError when they do not fit the model
 */
export function featuresOf(
  features: readonly string[],
  named: readonly (string | undefined)[],
  inputSize: number,
): readonly string[] {
  if (features.length === 0) {
    const names = named.filter((name) => name !== undefined)
    if (names.length < inputSize) return []
    checkPaths(names)
    return names
  }
  if (features.length === inputSize) return features
  throw new SettingsError(`features must name ${inputSize} fields, got ${features.length}`)
}

function readMaxStreams(field: unknown): number | undefined {
  const max = readNumber('maxStreams', field)
  if (max === undefined || (Number.isInteger(max) && max >= 1 && max <= 100_000)) return max
  throw new RangeError(`maxStreams must be a whole number from 1 to 100000, got ${max}`)
}
