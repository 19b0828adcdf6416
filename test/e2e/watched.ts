/** A node of a sample flow. */
export interface FlowNode {
  readonly id: string
  readonly type: string
  readonly z?: string
  readonly name?: string
}

/** The flow with its debug nodes publishing instead, under `seen/` and their names, to {@link brokerNode}. */
export function watched(flow: readonly FlowNode[]): object[] {
  return flow.flatMap((node): object[] => {
    if (node.type !== 'debug') return [node]
    const complete = (node as FlowNode & { readonly complete: string }).complete
    const publish = `${node.id}-publish`
    const rules = [
      { t: 'set', p: 'payload', pt: 'msg', to: complete, tot: 'msg' },
      { t: 'set', p: 'topic', pt: 'msg', to: `seen/${node.name}`, tot: 'str' },
    ]
    return [
      { ...node, type: 'change', rules, wires: [[publish]] },
      {
        id: publish,
        type: 'mqtt out',
        z: node.z,
        broker: 'seen-broker',
        qos: '0',
        retain: '',
        x: 900,
        y: 900,
        wires: [],
      },
    ]
  })
}

/** The broker on a port of this machine. */
export const brokerNode = (port: number): object => ({
  id: 'seen-broker',
  type: 'mqtt-broker',
  broker: '127.0.0.1',
  port: String(port),
  autoConnect: true,
  protocolVersion: '4',
  keepalive: '60',
  cleansession: true,
})
