import type { Fitted } from '../src/forecast/fit/types.ts'
import type { Message } from './red.ts'

/**
 * The messages that go on, without the history: what was fitted, and how good it is.
 * @param file name of the fitted model in the folder of models; null where it could not be saved
 */
export function fittedMessages(
  { payload: _history, complete: _complete, parts: _parts, ...msg }: Message,
  { model, metrics, parameters, epochs, seconds }: Fitted,
  file: string | null,
): readonly (Message | null)[] {
  const { horizon, segment, hiddenSize } = model.spec
  const channels = model.channels.map(({ key }) => key)
  // Columns of one table have one season.
  const season = model.channels[0]?.season ?? 0
  const sizes = { horizon, segment, hiddenSize, season, channels, parameters }
  const payload = { model: file, ...sizes, epochs, seconds }
  return [{ ...msg, payload }, metrics && { ...msg, payload: metrics }]
}
