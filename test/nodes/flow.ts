import type { Message } from '../../nodes/red.ts'

/** The parts of a flow with a small model that does not learn, and a forecast node wired to `out`. */
export const tab = { id: 'tab', type: 'tab' }
export const model = {
  id: 'model',
  type: 'gru-model',
  horizon: '6',
  segment: '6',
  hiddenSize: '8',
  learn: false,
}
export const node = {
  id: 'node',
  type: 'gru-forecast',
  z: 'tab',
  x: 1,
  y: 1,
  model: 'model',
  warmUp: '8',
  wires: [['out']] as string[][],
}
export const out = { id: 'out', type: 'helper', z: 'tab', x: 2, y: 1 }
export const flow: object[] = [tab, model, node, out]

/** Settings for the period of {@link readings}; without them it takes 8 readings to detect it. */
export const everyMinute = { period: '1', periodUnit: 'min' }

/** How a field of the editor names a variable of the environment. */
export const environment = (name: string): string => `\${${name}}`

/** One reading a minute of a sine with 24 readings to a turn. */
export function readings(topic: string, from: number, to: number): Message[] {
  return Array.from({ length: to - from }, (_, i) => ({
    topic,
    payload: {
      value: 20 + 5 * Math.sin(((from + i) * Math.PI) / 12),
      timestamp: 1.7e12 + (from + i) * 60_000,
    },
  }))
}
