import { checkDevice, type DeviceChoice } from '../src/engine/device.ts'
import type { ForecastModel } from '../src/forecast/types.ts'
import type { RedNode } from './red.ts'

/** What runs a model, and why. */
export interface Ran {
  readonly device: string
  readonly reason: string
}

/**
 * The device in a field of the editor; `auto` for a blank one, or in a node that was saved without it.
 * @throws RangeError naming what is none
 */
export const readDevice = (field: unknown): DeviceChoice => checkDevice(field || 'auto')

/** How the reason begins where it is no choice but a loss. */
const LOST = /^gpu:\S+ was (lost|left)\b/
/** What a reason measures is another number each time. */
const NUMBERS = /\d[\d.,]*/g

/** Makes the function that says in a node's log what runs its model, whenever it is something else, or for something else. */
export function createDeviceLog(node: Pick<RedNode, 'log' | 'warn'>): (ran: Ran) => void {
  let known = ''
  return ({ device, reason }) => {
    const kind = `${device} ${reason.replace(NUMBERS, '')}`
    if (kind === known) return
    known = kind
    const text = `the model runs on ${device}: ${reason}`
    if (LOST.test(reason)) node.warn(text)
    else node.log(text)
  }
}

/** Says in a node's log what runs its forecast model, once there is something to run. */
export function logDevices(node: Pick<RedNode, 'log' | 'warn'>, model: ForecastModel): void {
  const log = createDeviceLog(node)
  model.onChange(() => {
    if (model.version > 0) log({ device: model.device, reason: model.deviceReason })
  })
}
