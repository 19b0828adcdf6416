import assert from 'node:assert/strict'
import type { Message } from '../../nodes/red.ts'
import { createRuntime, type Runtime } from './red.ts'
import { close, giveAll, install, stepFlow, torch } from './stepFlow.ts'

describe('msg.h0 of gru-step', () => {
  let red: Runtime
  const give = (messages: readonly Message[]): Promise<void> => giveAll(red, messages)
  const payloads = (): unknown[] => red.sent.map(({ payload }) => payload)
  const lastError = (): string | undefined => red.answers.at(-1)?.error?.message

  beforeEach(() => {
    red = createRuntime()
    install(red, torch.file)
  })
  afterEach(() => red.dispose())

  it('begins from msg.h0, and sends the state alone when asked', async () => {
    await red.start(stepFlow({ sends: 'both' }))
    await give([
      { topic: 'a', payload: torch.x[0] },
      { topic: 'a', payload: torch.x, h0: torch.h0 },
      { topic: 'a', payload: torch.x[0], h0: [1] },
    ])
    const steps = red.sent[1].payload as number[][]
    steps.forEach((payload, t) => {
      close(payload, torch.outFromH0[t])
    })
    assert.equal(lastError(), 'msg.h0 must hold 10 numbers, got 1')
    assert.ok(!('h0' in red.sent[1]), 'a second model downstream would take it too')
    await red.stop()
    await red.start(stepFlow({ sends: 'hidden' }))
    await give([{ payload: torch.x }])
    close(red.sent.at(-1)!.payload, torch.hn)
    assert.equal(red.sent.at(-1)!.hidden, undefined)
  })

  it('takes msg.h0 as lists of lists, as PyTorch gives them', async () => {
    await red.start(stepFlow())
    const layers = [torch.h0.slice(0, 5), torch.h0.slice(5)]
    const typed = layers.map((layer) => Float64Array.from(layer))
    const states: unknown[] = [layers, layers.map((layer) => [layer]), typed, Float64Array.from(torch.h0)]
    await give(states.map((h0) => ({ payload: torch.x, h0 })))
    assert.equal(red.sent.length, states.length)
    for (const payload of payloads()) close((payload as number[][])[0], torch.outFromH0[0])
    const [first] = layers
    const refused: [h0: unknown, reason: string][] = [
      ['[0,0,0,0,0,0,0,0,0,0]', 'msg.h0 must hold 10 numbers, got "[0,0,0,0,0,0,0,0,0,0]"'],
      ['abcdefghij', 'msg.h0 must hold 10 numbers, got "abcdefghij"'],
      [null, 'msg.h0 must hold 10 numbers, got null'],
      [{ a: 1 }, 'msg.h0 must hold 10 numbers, got an object with "a"'],
      [[first], 'msg.h0 must hold 2 arrays of 5 numbers, got 1'],
      [[first, torch.h0], 'msg.h0[1] must hold 5 numbers, got 10'],
      [[first, [first, first]], 'msg.h0[1] must hold 5 numbers, got 2'],
      [[first, 'abcde'], 'msg.h0[1] must hold 5 numbers, got "abcde"'],
      [[first, [0, 0, 0, 0, '0']], 'msg.h0[1] must hold finite numbers, got "0" at index 4'],
      [Object.assign([first], { length: 2 }), 'msg.h0[1] must hold 5 numbers, got undefined'],
    ]
    for (const [h0, reason] of refused) {
      await give([{ payload: torch.x[0], h0 }])
      assert.equal(lastError(), reason)
    }
    assert.equal(red.sent.length, states.length)
  })
})
