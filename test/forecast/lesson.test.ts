import assert from 'node:assert/strict'
import { openForecastModel } from '../../src/forecast/model.ts'
import { T0 } from './fitted.ts'
import { stage, training } from './stage.ts'

const SPEC = { horizon: 6, segment: 6, hiddenSize: 8 }

describe('streams that a model learns from', () => {
  it('take turns where they are more than one fit holds', async () => {
    const wide = { ...SPEC, horizon: 2, segment: 512 }
    const trainer = stage()
    const model = openForecastModel(wide, trainer)
    // Two rooms: what counts is who waited longest, not which node a stream belongs to.
    const rooms = [model.streams({ period: 1000 }), model.streams({ period: 1000 })]
    for (let key = 0; key < 20; key++) {
      for (let i = 0; i < 1028; i++) rooms[key % 2].push(`${key}`, i % 50, T0 + i * 1000)
    }
    const [first] = trainer.jobs
    assert.equal(first.series.length, 1, 'the first stream alone was long enough')
    const taught = new Set(first.series.map(({ key }) => key))
    for (let fit = 1; fit < 4; fit++) {
      trainer.settle({})
      await training(model, ({ state }) => state === 'fitted')
      let i = 1028
      while (trainer.jobs.length === fit) {
        for (let key = 0; key < 20; key++) rooms[key % 2].push(`${key}`, i % 50, T0 + i * 1000)
        i++
        await new Promise(setImmediate)
      }
      assert.ok(trainer.jobs[fit].series.length <= 15)
      assert.ok(trainer.jobs[fit].series.every(({ values }) => values.length <= 4096))
      for (const { key } of trainer.jobs[fit].series) taught.add(key)
    }
    assert.equal(taught.size, 20)
    await model.close()
  })

  it('are one of each key, whichever node it belongs to', () => {
    const trainer = stage()
    const model = openForecastModel(SPEC, trainer)
    const rooms = [model.streams({ period: 1000 }), model.streams({ period: 1000 })]
    for (let i = 0; i < 23; i++) {
      for (const room of rooms) for (const key of ['a', 'b']) room.push(key, i % 5, T0 + i * 1000)
    }
    rooms[1].push('a', 3, T0 + 23_000)
    assert.deepEqual(trainer.jobs[0].series.map(({ key }) => key).sort(), ['a', 'b'])
  })
})
