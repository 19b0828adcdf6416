import { logDevices, readDevice } from './device.ts'
import { serveDevice } from './deviceRoute.ts'
import { type ModelHost, nodeFile, openHost } from './host.ts'
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
  readonly learn?: boolean
  readonly device?: unknown
}

/** Registers `gru-model`: one model, learned from the streams of all nodes that use it. */
export default function register(RED: Red): void {
  serveDevice<ModelNode>(RED, 'gru-model', ({ host }) => {
    if (!host) return undefined
    const { device, deviceReason: reason, load } = host.model
    return { device, reason, load }
  })
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
          device: readDevice(config.device),
        },
        file,
        warn: (message) => this.warn(message),
      })
      logDevices(this, this.host.model)
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
