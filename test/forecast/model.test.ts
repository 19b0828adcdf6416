import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { createRandom } from '../../src/engine/random.ts'
import { wasm } from '../../src/engine/wasm/wasm.ts'
import { createForecastModel, openForecastModel } from '../../src/forecast/model.ts'
import type { Forecast } from '../../src/forecast/types.ts'
import { modelOf, stage, training } from './stage.ts'

const SPEC = { horizon: 6, segment: 6, hiddenSize: 8 }
const T0 = Date.UTC(2026, 0, 5)

function sensor(): (i: number) => number {
  const random = createRandom(3)
  return (i) => 20 + 3 * Math.sin((2 * Math.PI * i) / 12) + random.normal(0, 0.2)
}

/** Share of the GRU as it was fitted, and of the one that learns on. */
function shareOfNets(forecast: Forecast | undefined): number {
  const nets = forecast?.experts.filter(({ name }) => name === 'gru' || name === 'learning-gru') ?? []
  return nets.reduce((sum, { share }) => sum + share, 0)
}

describe('forecast model', () => {
  it('learns from the stream in a worker until the GRU is heard, and beats naive by far', async () => {
    const model = createForecastModel(SPEC)
    try {
      const streams = model.streams({ warmUp: 16 })
      const value = sensor()
      let last: Forecast | undefined
      // Fits need time as well as readings, so the readings come at the pace of a fast sensor.
      const isThere = (): boolean => shareOfNets(last) > 0 && (last?.skill ?? 0) > 0.6
      for (let i = 0; i < 5000 && !isThere(); i++) {
        last = streams.push('a', value(i), T0 + i * 60_000).forecast
        await setTimeout(1)
      }
      assert.ok(last?.skill && last.skill > 0.6, `skill ${last?.skill}`)
      assert.ok(shareOfNets(last) > 0, `share ${shareOfNets(last)}`)
      assert.ok(model.version > 0)
      assert.match(last.reason, /^[a-z ]+ has the largest share, \d+ %$/)
      assert.ok(last.measuredCoverage! > 0.8, `coverage ${last.measuredCoverage}`)
      assert.equal(last.device, wasm.device)
    } finally {
      await model.close()
    }
  })

  it('hands copies of the history to the fit, once there is enough of it', () => {
    const trainer = stage()
    const model = openForecastModel(SPEC, trainer)
    const streams = model.streams()
    const value = sensor()
    for (let i = 0; i < 23; i++) streams.push('a', value(i), T0 + i * 1000)
    assert.deepEqual(model.training, { state: 'waiting', have: 23, need: 24 })
    assert.equal(trainer.jobs.length, 0)
    streams.push('a', value(23), T0 + 23_000)
    assert.equal(model.training.state, 'fitting')
    const [{ series, ...rest }] = trainer.jobs
    assert.deepEqual(rest, {
      ...SPEC,
      season: null,
      scale: 'running',
      table: false,
      start: null,
      seed: 1,
      schedule: { epochs: 8, updates: 50, maxSeconds: 30 },
      checkpoint: null,
      checkpoints: false,
    })
    assert.equal(series[0].trainEnd, null)
    assert.equal(series[0].values.length, 24)
    const kept = series[0].values.slice()
    for (let i = 24; i < 300; i++) streams.push('a', value(i), T0 + i * 1000)
    assert.deepEqual(series[0].values, kept)
    assert.equal(trainer.jobs.length, 1, 'one fit at a time')
  })

  it('swaps new weights in between two readings, and forecasts go on', async () => {
    const trainer = stage()
    const model = openForecastModel(SPEC, trainer)
    const streams = model.streams({ warmUp: 8 })
    const value = sensor()
    for (let i = 0; i < 40; i++) streams.push('a', value(i), T0 + i * 1000)
    trainer.settle({})
    await training(model, ({ state }) => state === 'fitted')
    assert.equal(model.version, 1)
    const { forecast } = streams.push('a', value(40), T0 + 40_000)
    assert.notEqual(forecast?.model, 'gru')
    assert.ok(shareOfNets(forecast) > 0, 'it is heard from now on')
    assert.match(forecast!.reason, /^[a-z ]+ has the largest share, \d+ %$/)
    await model.close()
  })

  it('forecasts on when a fit fails, says why, and tries again with more readings', async () => {
    const trainer = stage()
    const model = openForecastModel(SPEC, trainer)
    const streams = model.streams({ warmUp: 8 })
    const value = sensor()
    let i = 0
    const push = (): Forecast | undefined => streams.push('a', value(i), T0 + i++ * 1000).forecast
    while (trainer.jobs.length === 0) push()
    trainer.settle(new Error('out of memory'))
    await training(model, ({ state }) => state === 'failed')
    assert.deepEqual(model.training, { state: 'failed', error: new Error('out of memory') })
    while (trainer.jobs.length === 1) {
      assert.ok(push())
      await new Promise(setImmediate)
    }
    assert.ok(i >= 31, `the second fit came after ${i} readings`)
    await model.close()
  })

  it('keeps the weights it has when a fit brings broken ones', async () => {
    const trainer = stage()
    const model = openForecastModel({ ...SPEC, seed: 2 ** 32 - 1 }, trainer)
    const streams = model.streams({ warmUp: 8 })
    const value = sensor()
    let i = 0
    const push = (): Forecast | undefined => streams.push('a', value(i), T0 + i++ * 1000).forecast
    while (trainer.jobs.length === 0) push()
    trainer.settle({})
    await training(model, ({ state }) => state === 'fitted')
    while (trainer.jobs.length === 1) {
      push()
      await new Promise(setImmediate)
    }
    assert.equal(trainer.jobs[1].seed, 0)
    trainer.settle({ model: modelOf(trainer.jobs[1], Number.NaN) })
    await training(model, ({ state }) => state === 'failed')
    assert.equal(model.version, 1)
    assert.ok(push())
    const { weights, ...shape } = model.fitted!
    const broken = {
      ...(model.snapshot() as object),
      model: { ...shape, weights: weights.map(() => Infinity) },
    }
    const other = createForecastModel(SPEC)
    assert.throws(() => other.restore(broken as never), /weights must be finite, got Infinity at index 0/)
    assert.equal(other.version, 0)
    await Promise.all([model.close(), other.close()])
  })

  it('goes on learning when a listener throws, and warns of it', async () => {
    const trainer = stage()
    const model = openForecastModel(SPEC, trainer)
    const warned = once(process, 'warning')
    model.onChange(() => {
      throw new Error('listener at fault')
    })
    const streams = model.streams()
    const value = sensor()
    for (let i = 0; i < 24; i++) streams.push('a', value(i), T0 + i * 1000)
    trainer.settle({})
    await training(model, ({ state }) => state === 'fitted')
    assert.match(String((await warned)[0]), /listener at fault/)
    await model.close()
  })

  it('goes on learning from a snapshot where it left off', async () => {
    const trainer = stage()
    const model = openForecastModel(SPEC, trainer)
    const streams = model.streams()
    const value = sensor()
    for (let i = 0; i < 30; i++) streams.push('a', value(i), T0 + i * 1000)
    trainer.settle({ model: modelOf(trainer.jobs[0], 0.01) })
    await training(model, ({ state }) => state === 'fitted')
    const next = openForecastModel(SPEC, stage())
    next.restore(model.snapshot())
    assert.equal(next.version, 1)
    assert.deepEqual(next.snapshot(), model.snapshot())
    assert.throws(
      () => createForecastModel({ ...SPEC, horizon: 12 }).restore(model.snapshot()),
      /horizon 6, 12 is needed/,
    )
    assert.throws(
      () =>
        next.restore({
          ...(model.snapshot() as object),
          model: { ...(next.snapshot() as { model: object }).model, weights: new Float32Array(3) },
        }),
      /must hold \d+ weights, got 3/,
    )
    next.streams()
    assert.throws(() => next.restore(model.snapshot()), /before streams are opened/)
    await Promise.all([model.close(), next.close()])
  })

  it('ends with a fit under way: nothing changes after close', async () => {
    const model = createForecastModel(SPEC)
    const streams = model.streams()
    const value = sensor()
    for (let i = 0; i < 60; i++) streams.push('a', value(i), T0 + i * 1000)
    assert.equal(model.training.state, 'fitting')
    await model.close()
    await model.close()
    assert.equal(model.version, 0)
    assert.equal(streams.size, 0)
    assert.throws(() => model.streams(), /closed/)
  })
})
