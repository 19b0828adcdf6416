import { quote } from '../src/quote.ts'
import type { AdminRequest, Red, RedNode } from './red.ts'
import { type Answer, answering, isForeign } from './routes.ts'
import type { TrainState } from './trainRuns.ts'

/** What the dialog shows of a node. */
export interface TrainReport extends TrainState {
  /** Rows that have come of histories that are not complete. */
  readonly collected: number
  /** What became of the last history: a sentence on how good its model is, or why there is none. */
  readonly last: { readonly sentence: string } | { readonly error: string } | null
}

export interface TrainNode extends RedNode {
  /** Absent where the settings are impossible. */
  report?(): TrainReport
  /** Ends the fit under way and those that wait; how many they were. */
  stop?(): number
}

/** Lets the editor watch the fit of a `gru-train` node and end it, and nothing else. */
export function serveTrain(RED: Red): void {
  const { httpAdmin, auth } = RED
  httpAdmin.get(
    '/gru-train/:id/progress',
    auth.needsPermission('gru-train.read'),
    answering(async (request) => {
      const node = nodeOf(request)
      return node?.report ? { status: 200, body: node.report() } : unknown(request)
    }),
  )
  httpAdmin.post(
    '/gru-train/:id/stop',
    auth.needsPermission('gru-train.write'),
    answering(async (request) => {
      if (isForeign(request)) return { status: 403, body: { error: 'the page is not of this server' } }
      const node = nodeOf(request)
      return node?.stop ? { status: 200, body: { stopped: node.stop() } } : unknown(request)
    }),
  )

  /** An id from outside may be that of any node. */
  function nodeOf({ params: { id } }: AdminRequest): TrainNode | undefined {
    const node = RED.nodes.getNode(id)
    return node?.type === 'gru-train' ? node : undefined
  }

  function unknown({ params: { id } }: AdminRequest): Answer {
    return { status: 404, body: { error: `no gru-train node runs under the id ${quote(id)}` } }
  }
}
