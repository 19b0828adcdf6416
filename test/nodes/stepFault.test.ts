import assert from 'node:assert/strict'
import type { Message } from '../../nodes/red.ts'
import { openStepModel, type StepModel } from '../../nodes/stepModel.ts'
import { readModel } from '../../src/formats/read.ts'
import { createRuntime, type Runtime } from './red.ts'
import { broken, giveAll, install, shown, stepFlow, torch } from './stepFlow.ts'

describe('a fault in gru-step', () => {
  let red: Runtime
  beforeEach(() => {
    red = createRuntime()
    install(red, torch.file)
  })
  afterEach(() => red.dispose())

  it('answers the message that met it and those that follow, until another model comes', async () => {
    await red.start(stepFlow())
    const give = (messages: readonly Message[]): Promise<void> => giveAll(red, messages)
    const good = (): Message => ({ payload: torch.x[0] })
    await give([good(), broken(), good()])
    await shown(red, /^step: stopped by an error$/)
    await give([{ model: torch.bytes }, good()])
    assert.deepEqual(
      red.answers.map(({ error }) => error?.message),
      [undefined, 'out of order', 'out of order', undefined, undefined],
    )
    assert.deepEqual(red.sent[1].payload, red.sent[0].payload)
  })

  it('while a model is opened is thrown there, so that no message is lost', async () => {
    const imported = await readModel(torch.bytes)
    let reads = 0
    let last = Number.POSITIVE_INFINITY
    const open = (): StepModel => {
      const model = {
        weights: imported.model.weights,
        get spec() {
          if (++reads >= last) throw new Error('out of memory')
          return imported.model.spec
        },
      }
      const told = { onEvict() {}, onDevice() {}, answer() {}, onFault: () => assert.fail('told instead') }
      const none = { features: [], subject: 'msg.payload', hidden: false, device: 'wasm' as const }
      return openStepModel(
        { ...imported, model },
        { ...none, ...told, readKey: () => ({ key: '' }), getInput: () => 0 },
      )
    }
    await open().close()
    last = reads
    reads = 0
    assert.throws(open, /^Error: out of memory$/)
  })
})
