/** Sensors that send into each chain of nodes. */
export const SENSORS = 20

/** What a forecast costs is measured against a node that hands messages on as they are. */
const HANDLERS = {
  function: { type: 'function', func: 'return msg;', outputs: 1 },
  forecast: { type: 'gru-forecast', model: 'model' },
}
/** One number of what a handler gives. */
const NUMBERS = { function: 'payload.value', forecast: 'payload.mean[0]' }

/**
 * Chains of nodes, one for each quality of service and each kind of output: all that the node gives, or one number of
 * it, so that both handlers have as much to write.
 */
export const CHAINS = [0, 1].flatMap((qos) => ['all', 'number'].map((output) => ({ qos, output })))

export const topicIn = ({ system, qos, output }, sensor) =>
  `${system}/${qos}/${output}/line/${sensor}/temperature`
export const topicOut = ({ system, qos, output }) => `${system}/${qos}/${output}/out`

/** MQTT in, one node, MQTT out, for each chain. Nodes have the settings that the editor gives them. */
export function flowOf({ name, handler }, port) {
  return [
    { id: 'tab', type: 'tab' },
    { id: 'broker', type: 'mqtt-broker', broker: '127.0.0.1', port: String(port), protocolVersion: '4' },
    ...(handler === 'forecast' ? [{ id: 'model', type: 'gru-model', learn: true, device: 'auto' }] : []),
    ...CHAINS.flatMap((chain) => nodesOf({ system: name, ...chain }, handler)),
  ]
}

function nodesOf(chain, handler) {
  const { output } = chain
  const qos = String(chain.qos)
  const id = (what) => `${what} ${qos} ${output}`
  const place = (what, next) => ({ id: id(what), z: 'tab', x: 100, y: 100, wires: next ? [[id(next)]] : [] })
  const mqtt = { broker: 'broker', qos }
  const rule = { t: 'set', p: 'payload', pt: 'msg', to: NUMBERS[handler], tot: 'msg' }
  return [
    { ...place('in', 'node'), ...mqtt, type: 'mqtt in', topic: topicIn(chain, '+'), datatype: 'auto-detect' },
    { ...place('node', output === 'all' ? 'out' : 'change'), ...HANDLERS[handler] },
    ...(output === 'all' ? [] : [{ ...place('change', 'out'), type: 'change', rules: [rule] }]),
    { ...place('out'), ...mqtt, type: 'mqtt out', topic: topicOut(chain), retain: 'false' },
  ]
}
