import assert from 'node:assert/strict'
import { openForecastModel } from '../../src/forecast/model.ts'
import type { Trainer } from '../../src/learn/client.ts'
import { fitSegment } from '../../src/learn/segment/fit.ts'
import { opener, waves } from './fitted.ts'

describe('fits of a model that never rests', () => {
  const open = opener()
  const trainer: Trainer = { fit: async (job) => fitSegment(job), close: async () => {} }

  async function life(seed: number): Promise<unknown> {
    const model = openForecastModel(
      { horizon: 4, hiddenSize: 4, seed },
      { openTrainer: () => trainer, timed: false },
    )
    const streams = open(model, { period: 1000 })
    const results: unknown[] = []
    for (const { value, time } of waves(240)) {
      for (const key of ['a', 'b']) {
        results.push(streams.push(key, value, time))
        await model.whenRested()
      }
    }
    assert.ok(model.version > 2, `${model.version} fits`)
    return results
  }

  it('come at the same readings and give the same forecasts, run by run', async () => {
    const first = await life(1)
    assert.deepEqual(await life(1), first)
  })
})
