import { FormatError } from './error.ts'

/** Metadata of a safetensors file that holds a fitted forecaster; its value is the version. */
export const FORECASTER_KEY = 'gruflow.forecaster'

/** @throws FormatError always, because the GRU of a forecaster means nothing without its encoder and decoder */
export function noGru(): never {
  throw new FormatError(
    'the file is a fitted forecaster, which the node gru-model runs; its GRU alone, without encoder and decoder, forecasts nothing',
  )
}
