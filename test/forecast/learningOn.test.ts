import assert from 'node:assert/strict'
import { openForecastModel } from '../../src/forecast/model.ts'
import { opener, run, waves } from './fitted.ts'
import { modelOf, stage } from './stage.ts'

const turn = (): Promise<void> => new Promise(setImmediate)

describe('a model that learns on', () => {
  const open = opener()

  it('waits for as much history as its own segment needs, not the usual one', async () => {
    const trainer = stage()
    const model = openForecastModel({ horizon: 6, hiddenSize: 8 }, { ...trainer, timed: false })
    const streams = open(model, { period: 1000 })
    run(streams, waves(60))
    assert.equal(trainer.jobs.length, 1, '2 · (24 + 6) readings')
    trainer.settle({ model: modelOf({ ...trainer.jobs[0], segment: 48 }) })
    await model.whenRested()
    run(streams, waves(47, 60))
    await turn()
    assert.equal(trainer.jobs.length, 1)
    run(streams, waves(1, 107))
    assert.equal(trainer.jobs.length, 2, '2 · (48 + 6) readings')
  })

  it('keeps its weights where nothing judged a fit', async () => {
    const trainer = stage()
    const model = openForecastModel({ horizon: 6, hiddenSize: 8 }, { ...trainer, timed: false })
    const streams = open(model, { period: 1000 })
    run(streams, waves(60))
    trainer.settle({ model: modelOf(trainer.jobs[0], 0.01), tailSkills: Float64Array.of(0.5) })
    await model.whenRested()
    const before = model.fitted
    run(streams, waves(60, 60))
    assert.equal(trainer.jobs.length, 2)
    trainer.settle({ tailSkills: Float64Array.of(Number.NaN), validationLoss: Number.NaN })
    await model.whenRested()
    assert.equal(model.fitted, before)
    assert.deepEqual([model.version, model.training], [1, { state: 'fitted', fits: 1 }])
  })

  it('remembers through a snapshot which streams have waited longest', async () => {
    const trainer = stage()
    const model = openForecastModel({ horizon: 6, segment: 6, hiddenSize: 8 }, { ...trainer, timed: false })
    const streams = open(model, { period: 1000 })
    run(streams, waves(24))
    trainer.settle({})
    await model.whenRested()
    run(streams, waves(3), 'b')
    const taught = (of: typeof streams): unknown =>
      (of.snapshot() as unknown as { streams: { key: string; taught: number }[] }).streams.map(
        ({ key, taught }) => [key, taught],
      )
    assert.deepEqual(taught(streams), [
      ['a', 1],
      ['b', 0],
    ])
    const next = openForecastModel({ horizon: 6, segment: 6, hiddenSize: 8 }, stage())
    next.restore(model.snapshot())
    const restored = open(next, { period: 1000 })
    restored.restore(streams.snapshot())
    assert.deepEqual(taught(restored), taught(streams))
  })
})
