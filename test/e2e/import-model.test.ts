import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Broker } from '../../src/cli/broker.ts'
import { packageRoot } from '../../src/cli/package.ts'
import { brokers } from './brokers.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { type Linked, startLinked } from './linked.ts'

const SAMPLE = 'flows/02-import-a-model/01 Import a PyTorch model.json'
const WEIGHTS = 'test/fixtures/weights'
const FEATURES = ['temperature', 'vibration', 'current']
const TOLERANCE = 1e-6
const read = (path: string): Buffer => readFileSync(join(packageRoot, path))

interface FlowNode {
  readonly id: string
  readonly type: string
  readonly props?: { readonly p: string; readonly v: string }[]
}

describe('the sample flow that imports a PyTorch model', () => {
  const flow: FlowNode[] = JSON.parse(String(read(SAMPLE)))
  const { x, expect_zero_h0 } = JSON.parse(String(read(`${WEIGHTS}/expected.json`))).refs.torch_gru2_head
  const inputs: number[][] = x[0]
  const expected: number[][] = expect_zero_h0.out[0]
  const reading = (input: number[]): string =>
    JSON.stringify(Object.fromEntries(FEATURES.map((name, i) => [name, input[i]])))
  let nodeRed: Linked
  let broker: Broker
  let inbox: Inbox

  before(async () => {
    broker = await brokers[0].open!()
    inbox = await openInbox(broker.url, ['gru/#'])
    nodeRed = await startLinked()
    const address = { broker: '127.0.0.1', port: String(broker.port) }
    await nodeRed.deploy(flow.map((node) => (node.type === 'mqtt-broker' ? { ...node, ...address } : node)))
    // Until the flow has subscribed and its model is read, readings go nowhere.
    while (inbox.messages.length === 0) {
      await inbox.publish('machine/probe', reading(inputs[0]))
      await delay(50)
    }
  })

  after(async () => {
    await inbox?.close()
    await nodeRed?.dispose()
    await broker?.close()
  })

  it('holds the bytes that PyTorch wrote', () => {
    const bytes = flow.flatMap(({ props = [] }) => props).find(({ p }) => p === 'model')!
    assert.deepEqual(Buffer.from(JSON.parse(bytes.v)), read(`${WEIGHTS}/torch_gru2_head.pt`))
  })

  it("gives PyTorch's numbers, reading by reading", async () => {
    for (const input of inputs) await inbox.publish('machine/7', reading(input))
    const sent = (): number[][] =>
      inbox.messages
        .filter(({ topic }) => topic === 'gru/machine/7')
        .map(({ payload }) => JSON.parse(payload))
    await inbox.until(() => sent().length === inputs.length)
    checkClose(sent(), expected)
  })

  it("gives PyTorch's numbers for a whole sequence in one message", async () => {
    const button = flow.find(({ id }) => id === 'gruflow-import-sequence')!
    const response = await fetch(`${nodeRed.url}/inject/${button.id}`, { method: 'POST' })
    assert.equal(response.status, 200)
    const { payload } = await inbox.until(({ topic }) => topic === 'gru/machine/test')
    checkClose(JSON.parse(payload), expected)
  })

  it('is in the menu of examples', async () => {
    const path = SAMPLE.replace('flows/', '').replace('.json', '')
    const response = await fetch(
      nodeRed.url + encodeURI(`/library/examples/flows/@gruflow/node-red-gru/${path}`),
    )
    assert.deepEqual(await response.json(), flow)
  })
})

function checkClose(actual: number[][], expected: number[][]): void {
  assert.deepEqual(
    actual.map((row) => row.length),
    expected.map((row) => row.length),
  )
  const errors = actual.flatMap((row, t) => row.map((value, i) => Math.abs(value - expected[t][i])))
  assert.ok(Math.max(...errors) <= TOLERANCE, `off by ${Math.max(...errors)}`)
}
