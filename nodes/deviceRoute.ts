import { quote } from '../src/quote.ts'
import type { Running } from '../src/rx/stepLater.ts'
import type { Red, RedNode } from './red.ts'
import { type Answer, answering } from './routes.ts'

/** Lets the editor ask what runs the model of a node of this type, as far as `runningOf` knows. */
export function serveDevice<N extends RedNode>(
  RED: Red,
  type: string,
  runningOf: (node: Partial<N>) => Running | undefined,
): void {
  RED.httpAdmin.get(
    `/${type}/:id/device`,
    RED.auth.needsPermission(`${type}.read`),
    answering(async ({ params: { id } }): Promise<Answer> => {
      const node = RED.nodes.getNode(id) as Partial<N> | null | undefined
      // An id from outside may be that of any node.
      const running = node?.type === type ? runningOf(node) : undefined
      if (!running) return { status: 404, body: { error: `no model runs under the id ${quote(id)}` } }
      const { device, reason, load } = running
      return { status: 200, body: { device, reason, ...load } }
    }),
  )
}
