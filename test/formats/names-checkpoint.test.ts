import assert from 'node:assert/strict'
import { readModel } from '../../src/formats/read.ts'
import type { Imported, ImportOptions } from '../../src/formats/types.ts'
import { prefixed, projectionNote, recurrent, refusal, type Shapes, safetensorsWith } from './files.ts'

const GRU = recurrent('gru.', 2, 4)
const linear = (name: string, inputs = 4, outputs = 3): Shapes => ({
  [`${name}.weight`]: [outputs, inputs],
  [`${name}.bias`]: [outputs],
})
const moments = (key: string): Shapes => ({
  [`${key}.state.0.step`]: [],
  [`${key}.state.0.exp_avg`]: [12, 2],
})
const read = (shapes: Shapes, options?: ImportOptions): Promise<Imported> =>
  readModel(safetensorsWith(shapes), options)
const refused = (shapes: Shapes, options?: ImportOptions): Promise<string> =>
  refusal(safetensorsWith(shapes), options)

describe('names in checkpoints', () => {
  it('beside the weights are left out, and noted', async () => {
    const rest = {
      'optimizer_states.0.state.0.exp_avg': [12, 2],
      'callbacks.best_score': [],
      epoch: [],
      x_mean: [2],
      ...moments('whatever'),
    }
    const { model, notes } = await read({
      ...prefixed('state_dict.model.', { ...GRU, ...linear('fc') }),
      ...rest,
    })
    assert.equal(model.spec.outputSize, 3)
    assert.deepEqual(notes, [
      projectionNote('state_dict.model.fc'),
      'left out: "optimizer_states.0.state.0.exp_avg", "callbacks.best_score", "epoch", "x_mean", ' +
        '"whatever.state.0.step", "whatever.state.0.exp_avg"',
    ])
  })

  it('are known by whole words where a module may have the same', async () => {
    const inModel = prefixed('model.', { ...GRU, ...linear('fc') })
    const training = { 'lr_schedulers.0.x': [1], 'cuda_rng_state.0': [8], ...moments('opt') }
    assert.match((await read({ ...inModel, ...training })).notes.join(), /left out: "lr_schedulers/)
    for (const part of ['scheduler_embed.weight', 'scaler.mean', 'rngs.weight']) {
      assert.match(await refused({ ...inModel, [part]: [2] }), /^beside the GRU "model.gru." the file has /)
    }
  })

  it('are parts of a module where the weights are under no key of a checkpoint', async () => {
    for (const part of ['scaler.mean', 'optimizer.weight', 'scheduler.bias', 'callbacks.x']) {
      const sentence = await refused({ ...GRU, ...linear('fc'), [part]: [2] })
      assert.ok(sentence.includes(`"${part}" [2]`), sentence)
    }
    assert.equal((await read({ ...GRU, ...linear('fc'), ...moments('optimizer') })).model.spec.outputSize, 3)
  })

  it('hold weights in dicts beside that of the GRU', async () => {
    const split = { ...prefixed('gru_state_dict.', recurrent('', 2, 4)), ...linear('fc_state_dict') }
    const { model, notes } = await read({ ...split, ...moments('optimizer_state_dict') })
    assert.equal(model.spec.outputSize, 3)
    assert.deepEqual(notes, [
      projectionNote('fc_state_dict'),
      'left out: "optimizer_state_dict.state.0.step", "optimizer_state_dict.state.0.exp_avg"',
    ])
    const two = { ...split, ...linear('aux_state_dict') }
    assert.match(await refused(two), /"fc_state_dict.weight" \[3, 4\].*choose the layer with head/)
    assert.equal((await read(two, { head: 'aux_state_dict' })).model.spec.outputSize, 3)
  })

  it('are of another model where they have a GRU of their own', async () => {
    const whole = { ...GRU, ...linear('fc') }
    const { notes } = await read(
      { ...prefixed('state_dict.', whole), ...prefixed('ema_state_dict.', whole) },
      { prefix: 'state_dict.' },
    )
    assert.match(notes.join(), /left out: "ema_state_dict.gru.weight_ih_l0"/)
  })
})
