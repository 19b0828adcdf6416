import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { createForecastModel, openForecastModel } from '../../src/forecast/model.ts'
import type { Streams } from '../../src/forecast/types.ts'
import { opener, otherModel, randomModel, run, SPEC, TAUGHT, waves } from './fitted.ts'
import { stage } from './stage.ts'

interface Stream {
  readonly key: string
  readonly gru: { readonly unit: number; readonly season: number }
  readonly tracker: { readonly changes: Float32Array }
}

const streamsIn = (streams: Streams): readonly Stream[] =>
  (streams.snapshot() as unknown as { streams: Stream[] }).streams

describe('a fitted model that is put in', () => {
  const open = opener()

  it('takes over between two readings, with states made anew from the history', () => {
    const model = createForecastModel(TAUGHT)
    const streams = open(model)
    assert.equal(model.fitted, null)
    const [first, second] = [randomModel(), otherModel()]
    model.adopt(first, 0.3)
    assert.equal(model.fitted, first)
    assert.deepEqual([model.version, model.training], [1, { state: 'fitted', fits: 1 }])
    run(streams, waves(150))
    const before = streams.snapshot()
    model.adopt(second, null)
    assert.deepEqual([model.version, model.training], [2, { state: 'fitted', fits: 2 }])
    assert.equal(model.fitted, second)
    run(streams, waves(50, 150))

    const fresh = createForecastModel(TAUGHT)
    fresh.adopt(second, null)
    const restored = open(fresh)
    restored.restore(before)
    run(restored, waves(50, 150))
    const [after] = streamsIn(streams)
    assert.deepEqual(after.tracker.changes, streamsIn(restored)[0].tracker.changes)
    assert.ok(
      after.tracker.changes.some((change) => Math.abs(change) > 0.1),
      'it says something',
    )
  })

  it('goes on as if never stopped through versions of several segments', () => {
    const models = [randomModel(), otherModel(), randomModel({ segment: 2 }), otherModel(['b'])]
    const never = createForecastModel(TAUGHT)
    const streams = open(never)
    let model = createForecastModel(TAUGHT)
    let stopped = open(model)
    for (const [i, one] of models.entries()) {
      never.adopt(one, 0.5)
      model.adopt(one, 0.5)
      for (const key of ['a', 'b']) {
        const expected = run(streams, waves(40, 40 * i), key)
        assert.deepEqual(run(stopped, waves(40, 40 * i), key), expected)
      }
      const next = createForecastModel(TAUGHT)
      next.restore(model.snapshot())
      const goingOn = open(next)
      goingOn.restore(stopped.snapshot())
      assert.deepEqual(next.snapshot(), model.snapshot())
      model = next
      stopped = goingOn
      assert.deepEqual(stopped.snapshot(), streams.snapshot())
    }
  })

  it('brings its channels their unit and season; other streams take the season that all have', () => {
    const model = createForecastModel({ ...SPEC, learn: false })
    const streams = open(model)
    const first = randomModel({}, ['a', 'b'])
    model.adopt(first, null)
    for (const key of ['a', 'b', 'x']) run(streams, waves(160), key)
    const seen = (): object =>
      Object.fromEntries(streamsIn(streams).map(({ key, gru: { unit, season } }) => [key, [unit, season]]))
    assert.deepEqual(seen(), { a: [2.15, 12], b: [2.15, 12], x: [0, 12] })

    model.adopt({ ...otherModel(['b']), channels: [{ key: 'b', unit: 5, season: 7 }] }, null)
    for (const key of ['a', 'b', 'x']) run(streams, waves(1, 160), key)
    assert.deepEqual(seen(), { a: [2.15, 12], b: [5, 7], x: [0, 7] })
  })

  it('must have the horizon of the forecasts, and fit its shape', async () => {
    const model = createForecastModel(TAUGHT)
    assert.throws(() => model.adopt(randomModel({ horizon: 8 }), 0), {
      name: 'RangeError',
      message: 'the model forecasts 8 steps ahead, 6 are needed',
    })
    const { weights, ...rest } = randomModel()
    assert.throws(() => model.adopt({ ...rest, weights: weights.slice(1) }, 0), /must hold \d+ weights/)
    assert.deepEqual([model.version, model.fitted], [0, null])
    await model.close()
    assert.throws(() => model.adopt(randomModel(), 0), /closed/)
  })

  it('lets the GRU speak sooner where it was better on data that it had not seen', () => {
    const skills = [0.5, null, -1].map((skill) => {
      const model = createForecastModel(TAUGHT)
      model.adopt(randomModel(), skill)
      return (model.snapshot() as { tailSkill: number }).tailSkill
    })
    assert.deepEqual(skills, [0.5, 0, -1])
  })

  it('outlives a fit that was under way, and is the last', async () => {
    const trainer = stage()
    const model = openForecastModel({ horizon: 6, hiddenSize: 8 }, { ...trainer, timed: false })
    const streams = open(model)
    run(streams, waves(60))
    assert.equal(trainer.jobs.length, 1)
    const { segment, season, scale, hiddenSize, start } = trainer.jobs[0]
    assert.deepEqual([segment, season, scale, hiddenSize, start], [null, null, 'running', 8, null])
    const mine = otherModel(['a'])
    model.adopt(mine, 0.2)
    assert.ok(trainer.signals[0].aborted)
    trainer.settle({ model: randomModel({}, ['a']) })
    await model.whenRested()
    await turn()
    assert.equal(model.fitted, mine)
    assert.deepEqual([model.version, model.training], [1, { state: 'fitted', fits: 1 }])
    run(streams, waves(1200, 60))
    assert.equal(trainer.jobs.length, 1, 'what was put in is never fitted anew')
  })
})
