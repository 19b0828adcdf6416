import assert from 'node:assert/strict'
import { createForecastModel, openForecastModel } from '../../src/forecast/model.ts'
import type { Forecast, Streams } from '../../src/forecast/types.ts'
import type { SegmentModel } from '../../src/learn/segment/types.ts'
import { opener, otherModel, run, TAUGHT, waves } from './fitted.ts'
import { stage } from './stage.ts'
import { taught } from './taught.ts'

/** What the tracker of the only stream knows of the GRU. */
function known(streams: Streams): {
  count: number
  scores: number
  speaking: boolean
  tailSkill: number | null
} {
  const { streams: saved } = streams.snapshot() as unknown as {
    streams: {
      tailSkill: number | null
      tracker: { gru: { count: number }; gruIntervals: { count: Float64Array }; speaking: boolean }
    }[]
  }
  const [{ tracker, tailSkill }] = saved
  const { gru, gruIntervals, speaking } = tracker
  return { count: gru.count, scores: gruIntervals.count[0], speaking, tailSkill }
}

describe('a GRU that takes the place of another', () => {
  const open = opener()
  const speaker = ({ model, reason }: Forecast): string => `${model}: ${reason}`

  it('must prove itself, with none of the forecasts that the other has made', () => {
    const model = taught()
    const streams = open(model, { period: 1000 })
    assert.match(speaker(run(streams, waves(60)).at(-1)!), /^gru: the GRU beats naive by \d+ %$/)
    model.adopt(otherModel(), 0.5)
    assert.deepEqual(known(streams), { count: 0, scores: 0, speaking: false, tailSkill: null })
    const after = run(streams, waves(12, 60)).map((forecast) => speaker(forecast!))
    assert.deepEqual(
      after,
      after.map((_, i) => `naive: the GRU is on probation: ${i} of 12 readings`),
    )
    assert.equal(known(streams).scores, 11)
    const [last] = run(streams, waves(1, 72))
    assert.match(speaker(last!), /^naive: the GRU is \d+ % worse than naive$/)
    assert.ok(last!.skill! > 0, 'what was emitted before was good nevertheless')
  })

  it('is trusted as before if it is the same', () => {
    const model = taught()
    const streams = open(model, { period: 1000 })
    run(streams, waves(60))
    const before = known(streams)
    taught(model)
    assert.deepEqual(known(streams), before)
    assert.equal(run(streams, waves(1, 60))[0]?.model, 'gru')
  })

  it('inherits from what it went on from, and where its fit has judged it to be better', async () => {
    const trainer = stage()
    const model = openForecastModel({ ...TAUGHT, learn: true }, { ...trainer, timed: false })
    const streams = open(model, { period: 1000 })
    let from = 0
    const refit = async (
      result: (running: SegmentModel | null) => SegmentModel,
      skill = 0.5,
    ): Promise<void> => {
      while (trainer.jobs.length === fits) run(streams, waves(1, from++))
      fits++
      trainer.settle({ model: result(model.fitted), tailSkills: Float64Array.of(skill) })
      await model.whenRested()
    }
    let fits = 0
    const lively = taught().fitted!
    await refit(() => lively)
    run(streams, waves(60, from))
    from += 60
    const before = known(streams)
    assert.ok(before.speaking)
    await refit((running) => ({ ...running!, weights: running!.weights.map((w) => 0.999 * w) }))
    assert.equal(model.version, 2)
    assert.ok(known(streams).speaking && known(streams).count >= before.count)
    await refit(() => otherModel(['a']), 0.1)
    assert.ok(known(streams).count >= before.count)
    await refit(() => taught().fitted!, -0.1)
    assert.deepEqual(known(streams), { count: 0, scores: 0, speaking: false, tailSkill: -0.1 })
  })

  it('must prove itself on streams that were saved under other weights', () => {
    const streams = open(taught(), { period: 1000 })
    run(streams, waves(60))
    const saved = streams.snapshot()
    const same = open(taught(), { period: 1000 })
    same.restore(saved)
    assert.deepEqual(known(same), known(streams))
    const model = createForecastModel(TAUGHT)
    model.adopt(otherModel(), 0.5)
    const other = open(model, { period: 1000 })
    other.restore(saved)
    assert.equal(known(other).count, 0)
    assert.match(run(other, waves(1, 60))[0]!.reason, /on probation: 0 of 12/)
  })
})
