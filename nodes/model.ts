import { quote } from '../src/quote.ts'
import { readFitted } from '../src/store/fitted.ts'
import { logDevices, readDevice } from './device.ts'
import { serveDevice } from './deviceRoute.ts'
import { type ModelHost, nodeFile, openHost } from './host.ts'
import { listModelFiles } from './modelRoutes.ts'
import { openModelFiles } from './models.ts'
import { isDeleted, type NodeConfig, type Red, type RedNode } from './red.ts'
import { readNumber } from './settings.ts'

/** What `gru-forecast` nodes find under the id of a `gru-model` node. */
export interface ModelNode extends RedNode {
  /** Absent when the node's settings are impossible. */
  host?: ModelHost
}

interface ModelConfig extends NodeConfig {
  readonly horizon?: unknown
  readonly season?: unknown
  readonly segment?: unknown
  readonly hiddenSize?: unknown
  /** Name of a fitted model in the folder of models, used as long as nothing of this node's own is saved; blank: none. */
  readonly begin?: string
  readonly learn?: boolean
  /** Milliseconds a reading may cost for learning on; blank, or absent in nodes that were saved without it: the default. */
  readonly budget?: unknown
  readonly device?: unknown
}

/** Registers `gru-model`: one model, learned from the streams of all nodes that use it. */
export default function register(RED: Red): void {
  serveDevice<ModelNode>(RED, 'gru-model', ({ host }) => {
    if (!host) return undefined
    const { device, deviceReason: reason, load } = host.model
    return { device, reason, load }
  })
  listModelFiles(RED, 'gru-model')
  RED.nodes.registerType('gru-model', function (this: ModelNode, config: ModelConfig): void {
    RED.nodes.createNode(this, config)
    const file = nodeFile(RED.settings.userDir, this.id)
    try {
      this.host = openHost({
        model: {
          horizon: readNumber('horizon', config.horizon),
          season: readNumber('season', config.season),
          segment: readNumber('segment', config.segment),
          hiddenSize: readNumber('hiddenSize', config.hiddenSize),
          learn: config.learn,
          budget: readNumber('budget', config.budget),
          device: readDevice(config.device),
        },
        file,
        warn: (message) => this.warn(message),
      })
      logDevices(this, this.host.model)
      if (config.begin) void begin(RED, this, this.host, config.begin)
    } catch (error) {
      this.error((error as Error).message)
    }
    this.on('close', (removed, done) => {
      const remove = isDeleted(RED, this.id, removed)
      const closing = this.host ? this.host.close({ remove }) : remove && file?.remove()
      Promise.resolve(closing)
        .catch((error) => this.error(error.message))
        .finally(done)
    })
  })
}

/** Loads a fitted model, unless there is one that was saved, or fitted meanwhile. */
async function begin(RED: Red, node: RedNode, { model }: ModelHost, name: string): Promise<void> {
  if (model.version > 0) return
  try {
    const fitted = await readFitted(await openModelFiles(RED.settings.userDir).find(name))
    if (model.version === 0) model.adopt(fitted.model, fitted.metrics?.skill ?? null)
  } catch (error) {
    node.error(`the model cannot begin with ${quote(name)}: ${(error as Error).message}`)
  }
}

/** @throws Error when the `gru-model` node cannot be used */
export function findHost(RED: Red, id: string): ModelHost {
  const host = (RED.nodes.getNode(id) as ModelNode | null | undefined)?.host
  if (!host) throw new Error(`the model ${quote(id)} is missing, disabled or has impossible settings`)
  return host
}
