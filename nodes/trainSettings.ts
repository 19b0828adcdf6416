import type { FitOptions } from '../src/forecast/fit/types.ts'
import { quote } from '../src/quote.ts'
import { checkModelName, modelName } from './models.ts'
import type { NodeConfig } from './red.ts'
import { readWhole } from './settings.ts'

const HORIZON = 24
const MAX_HORIZON = 1024
const MAX_EPOCHS = 1000
const MAX_SECONDS = 86_400
const MAX_SEED = 2 ** 32 - 1

export interface TrainConfig extends NodeConfig {
  /** Id of a `gru-model` node, which takes the fitted model; blank: none. */
  readonly model?: string
  /** Where the history is: in the message's payload, or in a file. */
  readonly history?: string
  /** Name of that file; blank: `msg.filename`. */
  readonly filename?: string
  /** Steps ahead, where no `gru-model` says. */
  readonly horizon?: unknown
  /** Name of the fitted model in the folder of models; blank: the name or the id of the node. */
  readonly saveAs?: string
  readonly maxSeconds?: unknown
  readonly epochs?: unknown
  readonly seed?: unknown
}

/** The settings of a `gru-train` node, checked. */
export interface TrainSettings {
  readonly history: 'payload' | 'file'
  /** Blank: `msg.filename`. */
  readonly filename: string
  readonly saveAs: string
  readonly fit: Pick<FitOptions, 'horizon' | 'epochs' | 'maxSeconds' | 'seed'>
}

/** @throws RangeError naming the setting and its value */
export function readTrainSettings(config: TrainConfig): TrainSettings {
  const { history = 'payload', filename, saveAs } = config
  if (history !== 'payload' && history !== 'file') {
    throw new RangeError(`history must be payload or file, got ${quote(history)}`)
  }
  return {
    history,
    filename: filename ?? '',
    saveAs: saveAs ? withEnding(saveAs) : modelName(config.name || config.id, ENDING),
    fit: {
      horizon: readWhole('horizon', config.horizon, MAX_HORIZON) ?? HORIZON,
      epochs: readWhole('epochs', config.epochs, MAX_EPOCHS),
      maxSeconds: readWhole('maxSeconds', config.maxSeconds, MAX_SECONDS),
      seed: readWhole('seed', config.seed, MAX_SEED, 0),
    },
  }
}

const ENDING = '.safetensors'

function withEnding(name: string): string {
  const whole = name.endsWith(ENDING) ? name : `${name}${ENDING}`
  checkModelName(whole)
  return whole
}
