import { quote } from '../quote.ts'

/**
 * Where a GRU's steps are to run: on the CPU, on a GPU if there is one, or on whichever of the two is faster for this
 * model and the number of readings that come together.
 */
export type DeviceChoice = 'wasm' | 'gpu' | 'auto'

const CHOICES: readonly DeviceChoice[] = ['wasm', 'gpu', 'auto']

/** @throws RangeError naming what is no such choice */
export function checkDevice(device: unknown): DeviceChoice {
  if (CHOICES.includes(device as DeviceChoice)) return device as DeviceChoice
  throw new RangeError(`device must be one of ${CHOICES.join(', ')}, got ${quote(device)}`)
}
