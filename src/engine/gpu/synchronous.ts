import type { DeviceChoice } from '../device.ts'
import { missingPackage } from './installed.ts'

/** Why steps are carried out at once, in WASM; undefined if they are answered later, because a GPU may do them. */
export function whySynchronous(device: DeviceChoice): string | undefined {
  if (device === 'wasm') return 'asked for'
  return device === 'auto' ? missingPackage() : undefined
}
