import { quote } from '../src/quote.ts'
import type { ModelNode } from './model.ts'
import type { Red } from './red.ts'
import { type Answer, answering } from './routes.ts'

/** Lets the editor ask what runs the model of a `gru-model` node. */
export function serveModelDevices(RED: Red): void {
  RED.httpAdmin.get(
    '/gru-model/:id/device',
    RED.auth.needsPermission('gru-model.read'),
    answering(async ({ params: { id } }): Promise<Answer> => {
      const node = RED.nodes.getNode(id) as Partial<ModelNode> | null | undefined
      // An id from outside may be that of any node.
      if (node?.type !== 'gru-model' || !node.host) {
        return { status: 404, body: { error: `no model runs under the id ${quote(id)}` } }
      }
      const { device, deviceReason, load } = node.host.model
      return { status: 200, body: { device, reason: deviceReason, ...load } }
    }),
  )
}
