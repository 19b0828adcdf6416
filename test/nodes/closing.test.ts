import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeSnapshot } from '../../src/store/snapshot.ts'
import { everyMinute, model, node, out, readings, tab } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'
import { until } from './stepFlow.ts'

/** A model that answers later, whether there is a GPU or not. */
const flow = [tab, { ...model, device: 'gpu' }, { ...node, ...everyMinute }, out]

describe('gru-forecast that answers later', () => {
  let red: Runtime
  beforeEach(async () => {
    red = createRuntime()
    await red.start(flow)
  })
  afterEach(() => red.dispose())

  it('answers messages that come while it closes with others under way', async () => {
    const [first, second] = readings('a', 0, 2)
    const node = red.node('node')
    node.receive(first)
    const closing = node.close(false)
    node.receive(second)
    await closing
    await until('both answers', () => red.answers.length >= 2)
    assert.ok(red.answers.every(({ error }) => error === undefined))
  })

  it('has what is under way saved when its model closes first', async () => {
    await red.give('node', readings('a', 0, 20))
    await red.stop()
    await red.start(flow)
    const [next] = readings('a', 20, 21)
    red.node('node').receive(next)
    await red.node('model').close(false)
    const saved = decodeSnapshot(readFileSync(join(red.userDir, 'gruflow', 'model.snapshot'))) as {
      streams: [string, { streams: { counts: { accepted: number } }[] }][]
    }
    assert.equal(saved.streams[0][1].streams[0].counts.accepted, 21)
  })
})
