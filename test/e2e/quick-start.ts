import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/cli/package.ts'

/** Name of the sample flow under Import > Examples. */
export const QUICK_START = '01-quickstart/01 Forecast every sensor'
export const QUICK_START_FILE: string = join(packageRoot, 'flows', `${QUICK_START}.json`)

/** The sample flow on a port, under ids of its own, with its errors published too. */
export function quickStart(prefix: string, port: number): object[] {
  const nodes: Record<string, unknown>[] = JSON.parse(
    readFileSync(QUICK_START_FILE, 'utf8').replaceAll('"gruflow-', `"${prefix}-`),
  )
  const find = (type: string) => nodes.find((node) => node.type === type)!
  Object.assign(find('mqtt-broker'), { broker: '127.0.0.1', port: String(port) })
  find('catch').wires = [[`${prefix}-message`]]
  const { z } = find('catch')
  const rules = [
    { t: 'set', p: 'payload', pt: 'msg', to: 'error.message', tot: 'msg' },
    { t: 'set', p: 'topic', pt: 'msg', to: 'errors', tot: 'str' },
  ]
  return [
    ...nodes,
    { id: `${prefix}-message`, type: 'change', z, rules, wires: [[`${prefix}-errors`]] },
    { ...find('mqtt out'), id: `${prefix}-errors`, z },
  ]
}
