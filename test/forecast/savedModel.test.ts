import assert from 'node:assert/strict'
import { createForecastModel } from '../../src/forecast/model.ts'
import { fingerprintOf } from '../../src/forecast/savedModel.ts'
import type { SnapshotTree } from '../../src/forecast/types.ts'
import { decodeSnapshot, encodeSnapshot } from '../../src/store/snapshot.ts'
import { fitted, randomModel, SPEC, TAUGHT } from './fitted.ts'

type Tree = { readonly [name: string]: SnapshotTree }

describe('a saved model', () => {
  const saved = (): Tree => fitted().snapshot() as Tree
  const refused = (tree: SnapshotTree, message: RegExp): void => {
    const model = createForecastModel(TAUGHT)
    assert.throws(() => model.restore(tree), { message })
    assert.deepEqual([model.version, model.fitted], [0, null])
  }

  it('is the same after it was packed into bytes', () => {
    const model = createForecastModel(TAUGHT)
    model.restore(decodeSnapshot(encodeSnapshot(saved())))
    assert.deepEqual(model.fitted, randomModel())
    assert.deepEqual(model.snapshot(), saved())
  })

  it('is refused when it is of another version or of other settings', () => {
    refused({ ...saved(), version: 1 }, /^saved model has version 1, 3 is needed$/)
    refused(null, /^saved model has version undefined, 3 is needed$/)
    refused({ ...saved(), hiddenSize: 16 }, /^saved model has hiddenSize 16, 8 is needed$/)
    refused({ ...saved(), segment: 'auto' }, /^saved model has segment "auto", 4 is needed$/)
    assert.throws(
      () => createForecastModel({ ...SPEC, segment: undefined }).restore(saved()),
      /^Error: saved model has segment 4, auto is needed$/,
    )
  })

  it('is refused when a part is none, naming it', () => {
    const model = saved().model as Tree
    const { spec, channels } = model
    const withModel = (part: SnapshotTree): Tree => ({ ...saved(), model: part })
    refused(withModel('text'), /saved model has spec undefined/)
    refused(withModel({ ...model, spec: [] }), /saved model has spec an array of 0/)
    refused(
      withModel({ ...model, spec: { ...(spec as Tree), horizon: 7 } }),
      /forecasts 7 steps ahead, 6 are needed/,
    )
    refused(
      withModel({ ...model, spec: { ...(spec as Tree), segment: 1e9 } }),
      /segment must be .* got 1000000000/,
    )
    refused(withModel({ ...model, weights: [1, 2] }), /saved model has weights an array of 2/)
    refused(withModel({ ...model, channels: {} }), /saved model has channels an object without fields/)
    refused(withModel({ ...model, channels: [null, channels] }), /a channel with key undefined/)
    refused({ ...saved(), fits: 0 }, /saved model has fits 0, a number of fits is needed/)
    refused({ ...saved(), total: 'many' }, /saved model has total "many", a number is needed/)
  })

  it('forecasts as many steps ahead as its settings say', () => {
    const foreign = createForecastModel({ ...TAUGHT, horizon: 8 })
    foreign.adopt(randomModel({ horizon: 8 }), null)
    const tree = { ...(foreign.snapshot() as Tree), horizon: 6 }
    refused(tree, /^saved model forecasts 8 steps ahead, 6 are needed$/)
  })

  it('has a fingerprint of its weights, its shape and its channels', () => {
    const model = randomModel()
    const { spec, weights, channels } = model
    const prints = [
      model,
      { ...model, weights: weights.map((v, i) => (i === 3 ? v + 1e-6 : v)) },
      { ...model, spec: { ...spec, scale: 'fixed' as const } },
      { ...model, channels: channels.map((one) => ({ ...one, unit: 1 })) },
      { ...model, channels: channels.map((one) => ({ ...one, key: `${one.key}1` })) },
    ].map(fingerprintOf)
    assert.equal(new Set(prints).size, prints.length)
    assert.equal(fingerprintOf(structuredClone(model)), prints[0])
  })
})
