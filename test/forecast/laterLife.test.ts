import assert from 'node:assert/strict'
import { openForecastModel } from '../../src/forecast/model.ts'
import type { SnapshotTree, Streams } from '../../src/forecast/types.ts'
import type { Trainer } from '../../src/learn/client.ts'
import { answeringLater, readings, takeAll } from './answeringLater.ts'
import { opener, run, shareOf, T0, TAUGHT, waves } from './fitted.ts'
import { watched } from './pools.ts'
import { taught } from './taught.ts'

describe('streams that answer later, forgotten, saved, refitted or closed meanwhile', () => {
  const open = opener()
  const lanesOf = (snapshot: SnapshotTree): (Float32Array | null)[][] =>
    (snapshot as unknown as { streams: { gru: { lanes: (Float32Array | null)[] } }[] }).streams.map(
      ({ gru }) => gru.lanes,
    )

  for (const [what, forget] of [
    ['reset', (streams: Streams) => streams.reset('a')],
    ['evicted', (streams: Streams) => void streams.take('b', 1, T0)],
    ['restored', (streams: Streams, saved: SnapshotTree) => streams.restore(saved)],
    ['closed', (streams: Streams) => streams.close()],
  ] as const) {
    it(`still answer what they have taken when they are ${what}, on lanes that are nobody else's until then`, async () => {
      const pool = watched()
      const model = answeringLater(pool.open)
      const streams = open(model, { period: 1000, maxStreams: 1 })
      const expected = run(open(taught(), { period: 1000 }), waves(30))
      assert.ok(shareOf(expected[29], 'gru') > 0.1)
      const before = await takeAll(streams, readings('a', 20))
      await model.settle()
      const saved = streams.snapshot()
      pool.hold(() => true)
      const under = Promise.all(waves(10, 20).map(({ value, time }) => streams.take('a', value, time)))
      forget(streams, saved)
      const others = open(model, { period: 1000 })
      const other = takeAll(others, readings('c', 20))
      const asked = pool.stepped.length
      pool.release()
      const after = await under
      assert.deepEqual(
        [...before, ...after].map(({ forecast }) => forecast),
        expected,
      )
      assert.deepEqual(
        (await other).map(({ forecast }) => forecast?.mean),
        run(open(taught(), { period: 1000 }), waves(20), 'c').map((forecast) => forecast?.mean),
      )
      assert.ok(pool.stepped.slice(asked).some((lane) => lane < 4))
      assert.ok(pool.stepped.slice(asked).some((lane) => lane >= 4))
      if (what === 'restored') return
      // Now they are free.
      const next = pool.stepped.length
      await takeAll(others, readings('d', 8))
      await takeAll(others, readings('e', 8))
      assert.ok(pool.stepped.slice(next).some((lane) => lane < 4))
    })
  }

  it('are saved whole once the model has settled', async () => {
    const model = answeringLater()
    const streams = open(model, { period: 1000 })
    const taken = takeAll(streams, [...readings('a', 30), ...readings('b', 30)])
    await model.settle()
    const snapshot = streams.snapshot()
    assert.ok(lanesOf(snapshot).every((lanes) => lanes.every((lane) => lane instanceof Float32Array)))
    await taken
    const atOnce = open(taught(), { period: 1000 })
    atOnce.restore(snapshot)
    const restored = answeringLater()
    const goingOn = open(restored, { period: 1000 })
    goingOn.restore(snapshot)
    const rest = waves(20, 30)
    const never = await Promise.all(rest.map(({ value, time }) => streams.take('a', value, time)))
    assert.deepEqual(
      run(atOnce, rest),
      never.map(({ forecast }) => forecast),
    )
    const after = await Promise.all(rest.map(({ value, time }) => goingOn.take('a', value, time)))
    assert.deepEqual(after, never)
  })

  it('are saved while they wait without the states that are on their way, which are rebuilt', async () => {
    const pool = watched()
    const model = answeringLater(pool.open)
    const streams = open(model, { period: 1000 })
    await takeAll(streams, readings('a', 40))
    await model.settle()
    const [next] = waves(1, 40)
    pool.hold(() => true)
    const under = streams.take('a', next.value, next.time)
    const snapshot = streams.snapshot()
    const [lanes] = lanesOf(snapshot)
    assert.deepEqual(
      lanes.map((lane) => lane === null),
      [true, false, false, false],
    )
    pool.release()
    await under
    const restored = open(taught(), { period: 1000 })
    restored.restore(snapshot)
    const rest = waves(20, 41)
    const never = await Promise.all(rest.map(({ value, time }) => streams.take('a', value, time)))
    for (const [i, forecast] of run(restored, rest).entries()) {
      const expected = never[i].forecast!
      assert.ok(forecast!.mean.every((mean, h) => Math.abs(mean - expected.mean[h]) < 0.1))
    }
  })

  it('go on through a fit: those under way are answered under the old weights, which are then given back', async () => {
    const pool = watched((version) => `gpu:${version}`)
    const fitted = taught().fitted!
    const waiting: (() => void)[] = []
    const trainer: Trainer = {
      fit: async ({ series }) => {
        await new Promise<void>((resolve) => waiting.push(resolve))
        return {
          model: fitted,
          tailSkills: new Float64Array(series.length).fill(0.5),
          validationLoss: 1,
          naiveLoss: 2,
          epochs: 1,
          updates: 1,
          seconds: 1,
        }
      },
      close: async () => {},
    }
    const model = openForecastModel(
      { ...TAUGHT, learn: true, device: 'gpu' },
      { openTrainer: () => trainer, open: pool.open, timed: false },
    )
    const streams = open(model, { period: 1000 })
    let taken = 0
    /** Gives readings until a fit is under way. */
    const fitting = async (): Promise<void> => {
      while (waiting.length === 0) {
        await takeAll(streams, [...readings('a', 10, taken), ...readings('b', 10, taken)])
        taken += 10
      }
      assert.equal(model.training.state, 'fitting')
    }
    const finish = async (version: number): Promise<void> => {
      waiting.shift()!()
      while (model.version < version) await new Promise((resolve) => setImmediate(resolve))
    }
    await fitting()
    await finish(1)
    await fitting()
    pool.hold(() => true)
    const under = Promise.all(
      ['a', 'b'].flatMap((key) => waves(5, taken).map(({ value, time }) => streams.take(key, value, time))),
    )
    await finish(2)
    pool.release()
    const results = await under
    assert.equal(results.filter(({ forecast }) => forecast).length, 10)
    assert.ok(results.every(({ forecast }) => forecast!.mean.every(Number.isFinite)))
    const first = results.filter((_, i) => i % 5 === 0).map(({ forecast }) => forecast!.device)
    assert.deepEqual(first, ['gpu:1', 'gpu:1'], 'they name what has computed them')
    assert.equal(results.at(-1)!.forecast!.device, 'gpu:2')
    await model.settle()
    assert.deepEqual([pool.opened, pool.closed], [2, 1])
    await model.close()
    assert.equal(pool.closed, 2)
  })

  it('are answered when their model closes with readings under way', async () => {
    const model = answeringLater()
    const streams = model.streams({ warmUp: 8, period: 1000 })
    const taken = takeAll(streams, readings('a', 30))
    await model.close()
    const results = await taken
    assert.deepEqual(
      results.map(({ forecast }) => forecast),
      run(open(taught(), { period: 1000 }), waves(30)),
    )
    assert.match((await streams.take('a', 1)).skipped?.message ?? '', /closed/)
    await model.settle()
  })
})
