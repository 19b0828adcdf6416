import { readFile } from 'node:fs/promises'
import type { DeviceChoice } from '../engine/device.ts'
import { writeWhole } from '../store/replace.ts'

/** Types of nodes that step a GRU and have a field for what does it. */
const STEPPING: ReadonlySet<unknown> = new Set(['gru-model', 'gru-step'])

/**
 * Has all nodes in a flow file of Node-RED that step a GRU do it on `device`. Node-RED must not be running.
 * @throws Error naming the file when it holds no flow
 */
export async function setFlowDevice(path: string, device: DeviceChoice): Promise<void> {
  const nodes = parseFlow(path, await readFile(path, 'utf8'))
  const stepping = nodes.filter(({ type }) => STEPPING.has(type))
  if (stepping.every((node) => node.device === device)) return
  for (const node of stepping) node.device = device
  // As wide as Node-RED writes it.
  await writeWhole(path, Buffer.from(JSON.stringify(nodes, null, 4)))
}

function parseFlow(path: string, text: string): Record<string, unknown>[] {
  let flow: unknown
  try {
    flow = JSON.parse(text)
  } catch (error) {
    throw new Error(`'${path}' is no flow: ${(error as Error).message}`)
  }
  if (!Array.isArray(flow) || !flow.every(isNode)) {
    throw new Error(`'${path}' is no flow: it holds no list of nodes`)
  }
  return flow
}

const isNode = (node: unknown): boolean => typeof node === 'object' && node !== null
