import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Message } from '../../nodes/red.ts'
import { layout } from '../../src/engine/layout.ts'
import { createModel } from '../../src/engine/model.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { wasm } from '../../src/engine/wasm/wasm.ts'
import { writeModel } from '../../src/formats/write.ts'
import { asked } from './asked.ts'
import { createRuntime, type Runtime } from './red.ts'
import { giveAll, install, shown, stepFlow, torch, weightsFile } from './stepFlow.ts'

/** A model of one unit, all of whose weights are 0.5. */
const spec = gruSpec({ inputSize: 2, hiddenSize: 1, outputSize: 1 })
const small = writeModel(createModel(spec, new Float32Array(layout(spec).size).fill(0.5)), {
  format: 'safetensors',
  preprocessing: {
    inputs: [
      { name: 'kW', mean: 5 },
      { name: '°C', std: 2 },
    ],
    outputs: [{ mean: 100 }],
  },
}).bytes

describe('gru-step and its model', () => {
  let red: Runtime
  const give = (messages: readonly Message[]): Promise<void> => giveAll(red, messages)
  const errors = (): (string | undefined)[] => red.answers.map(({ error }) => error?.message)

  beforeEach(() => {
    red = createRuntime()
    install(red, torch.file)
  })
  afterEach(() => red.dispose())

  it('without one refuses every message and says how to give it one', async () => {
    await red.start(stepFlow({ file: '' }))
    await give([{ payload: [1, 2, 3] }])
    assert.deepEqual(errors(), [
      'there is no model: choose a file in the settings, or send its bytes as msg.model',
    ])
    assert.equal(red.statuses.at(-1), 'step: no model')
  })

  it('tells the editor what runs it, while there is one', async () => {
    await red.start(stepFlow({ file: '' }))
    const path = '/gru-step/step/device'
    const { status, body } = await asked(red, path)
    assert.deepEqual([status, body], [404, { error: 'no model runs under the id "step"' }])
    await give([{ model: torch.bytes }])
    assert.deepEqual(await asked(red, path), {
      status: 200,
      body: { device: wasm.device, reason: 'asked for', batch: 0, microseconds: 0 },
    })
    assert.equal((await asked(red, '/gru-step/out/device')).status, 404)
  })

  const unusable: [name: string, bytes: Buffer | undefined, reason: RegExp][] = [
    ['gone.pt', undefined, /"gone\.pt" cannot be read: there is no such file/],
    ['text.pt', Buffer.from('no model'), /no known format/],
    ['../../settings.js', undefined, /name must be .* got "\.\.\/\.\.\/settings\.js"/],
  ]
  for (const [name, bytes, reason] of unusable) {
    it(`says why ${name} cannot be used, in the log and to every message`, async () => {
      if (bytes) writeFileSync(join(red.userDir, 'gruflow', 'models', name), bytes)
      await red.start(stepFlow({ file: name }))
      await give([{ payload: torch.x[0] }])
      assert.match(red.errors[0], reason)
      assert.match(errors()[0] ?? '', /^there is no model: /)
      assert.match(errors()[0] ?? '', reason)
      await shown(red, /^step: check the model file$/)
    })
  }

  it('that does not fit the features is refused', async () => {
    await red.start(stepFlow({ features: ['a', 'b'] }))
    await give([{ payload: torch.x[0] }])
    assert.match(errors()[0] ?? '', /features must name 3 fields, got 2/)
  })

  it('scales as the file says, and takes the fields that it names', async () => {
    await red.start(stepFlow({ file: '' }))
    await give([{ model: small }, { payload: { '°C': 3, kW: 5.5 } }, { topic: 'b', payload: [5.5, 3] }])
    assert.deepEqual(errors(), [undefined, undefined, undefined])
    // x = (0.5, 1.5): all gates see 0.5 · 2 + 0.5 + 0.5, and the state before is 0.
    const gate = 1 / (1 + Math.exp(-2))
    const h = (1 - gate) * Math.tanh(1.5 + gate * 0.5)
    const wanted = 100 + 0.5 * h + 0.5
    for (const { payload } of red.sent) assert.ok(Math.abs((payload as number[])[0] - wanted) < 1e-5)
    assert.equal(red.sent.length, 2)
  })

  it('is swapped at run time: states begin anew, and the message is not sent on', async () => {
    await red.start(stepFlow())
    await give([
      { payload: torch.x[0] },
      { model: small },
      { payload: [1, 2] },
      { model: torch.bytes },
      { payload: torch.x[0] },
    ])
    assert.deepEqual(
      red.sent.map(({ payload }) => (payload as number[]).length),
      [2, 1, 2],
    )
    assert.deepEqual(red.sent[2].payload, red.sent[0].payload)
  })

  it('stays when what is sent is no model', async () => {
    const caught: Message[] = []
    const catcher = { id: 'catcher', type: 'catch', z: 'tab', x: 1, y: 2, wires: [['caught']] }
    await red.start([...stepFlow(), catcher, { id: 'caught', type: 'helper', z: 'tab', x: 3, y: 3 }])
    red.node('caught').on('input', (msg) => caught.push(msg))
    await give([
      { payload: torch.x[0] },
      { model: Buffer.from('no model') },
      { model: 'model.pt' },
      { model: torch.bytes.subarray(0, 500) },
      { model: { type: 'Buffer', data: [1] } },
      { payload: torch.x[1] },
    ])
    assert.equal(red.sent.length, 2)
    assert.ok(Math.abs((red.sent[1].payload as number[])[0] - torch.out[1][0]) < 2e-6)
    assert.equal(caught.length, 4)
    assert.match(errors()[1]!, /no known format/)
    assert.match(errors()[2]!, /^msg\.model must hold the bytes of a model file, got "model\.pt"/)
    assert.match(errors()[4]!, /got an object with "type", "data"/)
  })

  it('may come with the first of many messages, which wait for it in order', async () => {
    await red.start(stepFlow({ file: '' }))
    await give([
      { topic: 'a', model: torch.bytes },
      ...torch.x.map((payload) => ({ topic: 'a', payload })),
      { model: small },
      { topic: 'a', payload: [1, 2] },
    ])
    assert.ok(errors().every((error) => error === undefined))
    assert.equal(red.sent.length, torch.x.length + 1)
    torch.out.forEach(([value], t) => {
      assert.ok(Math.abs((red.sent[t].payload as number[])[0] - value) < 2e-6)
    })
  })

  it('keeps at most 1000 messages waiting and refuses the others with the reason', async () => {
    await red.start(stepFlow({ file: '' }))
    const message = (): Message => ({ payload: torch.x[0] })
    await give([{ model: torch.bytes }, ...Array.from({ length: 1005 }, message)])
    const refused = errors().filter((error) => error !== undefined)
    assert.deepEqual(
      new Set(refused),
      new Set(['1000 messages wait for the model already, this one is refused']),
    )
    assert.equal(refused.length, 5)
    assert.equal(red.sent.length, 1000)
  })

  it('keeps models of at most 64 MB waiting', async () => {
    await red.start(stepFlow({ file: '' }))
    const large = (): Message => ({ model: Buffer.alloc(40 * 2 ** 20) })
    await give([{ model: torch.bytes }, large(), large(), { payload: torch.x[0] }])
    const [refused, first, unknown, last] = errors()
    assert.equal(refused, 'models of 64 MB would wait for the one that is being read, this one is refused')
    assert.match(unknown!, /no known format/)
    assert.deepEqual([first, last], [undefined, undefined])
  })

  it('that is bidirectional takes whole sequences', async () => {
    await red.start(stepFlow({ file: '' }))
    const x = torch.x
    await give([
      { model: weightsFile('torch_bidir2.safetensors') },
      { payload: x[0] },
      { payload: x },
      { payload: x },
    ])
    assert.match(errors()[1]!, /a bidirectional model needs a whole sequence/)
    assert.equal(red.sent.length, 2)
    assert.deepEqual(red.sent[0].payload, red.sent[1].payload)
    assert.equal((red.sent[0].payload as number[][])[0].length, 8)
  })

  it('goes without its projection on request', async () => {
    await red.start(stepFlow({ noHead: true }))
    await give([{ payload: torch.x[0] }])
    assert.equal((red.sent[0].payload as number[]).length, 5)
  })

  const same: readonly string[] = [
    'pt',
    'legacy.pt',
    'f64.safetensors',
    'npz',
    'deflate.npz',
    'torchscript.onnx',
    'dynamo.onnx',
  ]
  for (const ending of same) {
    it(`may be torch_gru2_head.${ending}, whose numbers are PyTorch's`, async () => {
      await red.start(stepFlow({ file: '' }))
      await give([{ model: weightsFile(`torch_gru2_head.${ending}`) }, { payload: torch.x }])
      assert.deepEqual(errors(), [undefined, undefined])
      const steps = red.sent[0].payload as number[][]
      torch.out.forEach((wanted, t) => {
        wanted.forEach((value, i) => {
          assert.ok(Math.abs(steps[t][i] - value) < 2e-6)
        })
      })
    })
  }

  for (const ending of ['h5', 'keras', 'weights.h5']) {
    it(`may be keras_gru_reset_after_True.${ending}, and messages wait while it is read`, async () => {
      const file = `keras_gru_reset_after_True.${ending}`
      install(red, file)
      await red.start(stepFlow({ file }))
      await give([{ payload: [0.1, 0.2, 0.3] }, { payload: [0.1, 0.2, 0.3] }])
      assert.deepEqual(errors(), [undefined, undefined])
      assert.equal((red.sent[0].payload as number[]).length, 2)
      assert.notDeepEqual(red.sent[0].payload, red.sent[1].payload)
    })
  }

  it('may be one of TensorFlow.js, whose files lie in the folder together', async () => {
    install(red, 'tfjs_gru/model.json', 'model.json')
    install(red, 'tfjs_gru/weights.bin', 'weights.bin')
    await red.start(stepFlow({ file: 'model.json' }))
    await give([{ payload: [0.1, 0.2, 0.3] }])
    assert.deepEqual(errors(), [undefined])
  })
})
