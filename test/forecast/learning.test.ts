import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import type { Means, OpenedModel } from '../../src/forecast/means.ts'
import { openForecastModel } from '../../src/forecast/model.ts'
import type { ForecastModelOptions, Reading, SnapshotTree } from '../../src/forecast/types.ts'
import { openFollower } from '../../src/learn/follow/client.ts'
import type { NewSteps } from '../../src/learn/follow/types.ts'
import type { SegmentModel } from '../../src/learn/segment/types.ts'
import { opener, otherModel, randomModel, run, SPEC, T0, waves } from './fitted.ts'
import { stage } from './stage.ts'

interface Opened {
  readonly model: SegmentModel
  readonly steps: NewSteps[]
  readonly asked: number[]
  closed: boolean
}

/** Followers under the test's control: what they are given is kept, and each answer is `answer` of the model. */
function followers(answer: (model: SegmentModel) => SegmentModel): {
  readonly opened: Opened[]
  readonly openFollower: typeof openFollower
} {
  const opened: Opened[] = []
  return {
    opened,
    openFollower(model) {
      const one: Opened = { model, steps: [], asked: [], closed: false }
      opened.push(one)
      return {
        push: (steps) =>
          void one.steps.push({ ...steps, values: steps.values.slice(), observed: steps.observed.slice() }),
        async learn(updates) {
          one.asked.push(updates)
          return { model: answer(model), updates, milliseconds: 1, rolledBack: 0 }
        },
        async close() {
          one.closed = true
        },
      }
    },
  }
}

const learnedIn = (model: OpenedModel): Float32Array | null =>
  (model.snapshot() as { learned: Float32Array | null }).learned

const half = ({ weights, ...rest }: SegmentModel): SegmentModel => ({
  ...rest,
  weights: weights.map((weight) => weight / 2),
})

describe('a model whose net learns on', () => {
  const open = opener()
  const openModel = (means: Partial<Means>, options: ForecastModelOptions = {}): OpenedModel =>
    openForecastModel(
      { ...SPEC, season: 12, ...options },
      { ...stage(), timed: false, openFollower, ...means },
    )

  it('learns beside the fitted one, at the same readings in the same way, through a snapshot too', async () => {
    const life = async (): Promise<readonly [readonly unknown[], SnapshotTree]> => {
      const model = openModel({})
      const streams = open(model, { period: 1000 })
      const first = randomModel()
      model.adopt(first, null)
      const forecasts: unknown[] = []
      for (const { value, time } of waves(120)) {
        for (const key of ['a', 'b']) forecasts.push(streams.push(key, value, time).forecast)
        await model.whenRested()
      }
      assert.equal(model.fitted, first)
      assert.equal(model.version, 1)
      assert.notDeepEqual(learnedIn(model), first.weights)
      return [forecasts, model.snapshot()]
    }
    const [forecasts, snapshot] = await life()
    assert.deepEqual((await life())[0], forecasts)
    const next = openModel({})
    next.restore(snapshot)
    assert.deepEqual(next.snapshot(), snapshot)
    const streams = open(next, { period: 1000 })
    for (const reading of waves(60)) {
      run(streams, [reading])
      await next.whenRested()
    }
    assert.notDeepEqual(learnedIn(next), (snapshot as { learned: Float32Array }).learned)
  })

  it('is given every value of every stream once, in order, and where streams began anew', async () => {
    const { opened, openFollower } = followers(half)
    const model = openModel({ openFollower })
    const streams = open(model, { period: 1000 })
    const push = async (key: string, readings: readonly Reading[]): Promise<void> => {
      for (const reading of readings) {
        run(streams, [reading], key)
        await model.whenRested()
      }
    }
    await push('a', waves(15))
    model.adopt(randomModel(), null)
    await push('a', waves(135, 15))
    await push('x', waves(30))
    // A gap of three is filled, a long one is not.
    await push('a', waves(47, 153))
    await push('a', waves(60, 900))
    streams.reset('x')
    await push('x', waves(56, 2000, 3))
    const [{ steps, asked }] = opened
    assert.ok(asked.length >= 10 && asked.every((updates) => updates >= 1))
    const pieces = new Map<number, { key: string; values: number[]; observed: number[] }[]>()
    for (const { stream, key, values, observed, restarted } of steps) {
      const all = pieces.get(stream) ?? []
      pieces.set(stream, all)
      if (restarted) all.push({ key, values: [], observed: [] })
      all.at(-1)!.values.push(...values)
      all.at(-1)!.observed.push(...observed)
    }
    /** The newest are sent with the next updates; those of a stream that begins anew before, never. */
    const begins = ({ values }: { values: number[] }, readings: readonly Reading[]): void => {
      assert.ok(values.length > readings.length - 28)
      assert.deepEqual(
        values,
        readings.slice(0, values.length).map(({ value }) => value),
      )
    }
    const [a, x, again] = [...pieces.values()]
    assert.deepEqual([pieces.size, a.length, x.length, again.length], [3, 2, 1, 1])
    begins({ values: a[0].values.slice(0, 150) }, waves(150))
    begins({ values: a[0].values.slice(153) }, waves(47, 153))
    assert.deepEqual(
      [...a[0].observed.keys()].filter((t) => a[0].observed[t] === 0),
      [150, 151, 152],
    )
    begins(a[1], waves(60, 900))
    begins(x[0], waves(30))
    begins(again[0], waves(56, 2000, 3))
  })

  it('forecasts with the newest weights from the next reading on', async () => {
    const { openFollower } = followers(half)
    const model = openModel({ openFollower })
    const streams = open(model, { period: 1000 })
    model.adopt(randomModel(), null)
    run(streams, waves(27))
    assert.deepEqual(learnedIn(model), randomModel().weights)
    run(streams, waves(1, 27))
    await model.whenRested()
    assert.deepEqual(learnedIn(model), half(randomModel()).weights)
  })

  it('begins anew with what is put in, and forgets what was learned of the net before', async () => {
    const { opened, openFollower } = followers(half)
    const model = openModel({ openFollower })
    const streams = open(model, { period: 1000 })
    model.adopt(randomModel(), null)
    run(streams, waves(28))
    model.adopt(otherModel(), null)
    await turn()
    assert.equal(opened[0].closed, true)
    assert.deepEqual(learnedIn(model), otherModel().weights, 'the answer came too late')
    run(streams, waves(28, 28))
    await model.whenRested()
    assert.deepEqual(learnedIn(model), half(otherModel()).weights)
    assert.equal(opened[1].steps[0].values.length, 56)
  })

  it('only remembers while it is paused', async () => {
    let paused = true
    const { opened, openFollower } = followers(half)
    const model = openModel({ openFollower, paused: () => paused })
    const streams = open(model, { period: 1000 })
    model.adopt(randomModel(), null)
    run(streams, waves(5000))
    await model.whenRested()
    const [{ steps, asked }] = opened
    assert.ok(steps.length >= 2 && steps.slice(1).every(({ restarted }) => !restarted))
    assert.deepEqual(asked, [])
    paused = false
    run(streams, waves(28, 5000))
    await model.whenRested()
    assert.deepEqual(asked, [1])
    assert.equal(
      steps.reduce((sum, { values }) => sum + values.length, 0),
      5028,
    )
  })

  it('goes on after its thread is lost, from the newest weights; lost again and again, it learns no more', async () => {
    const { opened, openFollower } = followers((model) => {
      if (opened.length > 1) throw new Error('lost')
      return half(model)
    })
    const model = openModel({
      openFollower(first, seed) {
        const follower = openFollower(first, seed)
        let asked = 0
        return {
          ...follower,
          learn: async (updates) => {
            if (++asked > 1) throw new Error('lost')
            return follower.learn(updates)
          },
        }
      },
    })
    const streams = open(model, { period: 1000 })
    model.adopt(randomModel(), null)
    const forecasts = []
    for (const reading of waves(400)) {
      forecasts.push(...run(streams, [reading]))
      await model.whenRested()
    }
    const now = learnedIn(model)
    assert.deepEqual(now, half(randomModel()).weights)
    assert.deepEqual(
      opened.map(({ model: begun, closed }) => [begun.weights, closed]),
      [
        [randomModel().weights, true],
        [now, true],
        [now, true],
      ],
    )
    assert.equal(opened[1].steps[0].restarted, true)
    assert.equal(opened[1].steps[0].values.length, 84)
    assert.ok(forecasts.slice(20).every((forecast) => forecast?.mean.every(Number.isFinite)))
    assert.equal(model.training.state, 'fitted')
  })

  it('keeps streams of one key apart', async () => {
    const { opened, openFollower } = followers(half)
    const model = openModel({ openFollower })
    const rooms = [open(model, { period: 1000 }), model.streams({ period: 1000, warmUp: 8 })]
    model.adopt(randomModel(), null)
    for (let i = 0; i < 56; i++) rooms[i % 2].push('a', i % 2, T0 + i * 1000)
    await model.whenRested()
    assert.equal(new Set(opened[0].steps.map(({ stream }) => stream)).size, 2)
  })

  it('is not there without leave to learn, without a budget, and where answers come later', async () => {
    for (const options of [
      { learn: false },
      { budget: 0 },
      { device: 'auto' },
    ] satisfies ForecastModelOptions[]) {
      const { opened, openFollower } = followers(half)
      const model = openModel({ openFollower }, options)
      const streams = open(model, { period: 1000 })
      model.adopt(randomModel(), null)
      for (const { value, time } of waves(60)) await streams.take('a', value, time)
      await model.whenRested()
      assert.deepEqual([opened.length, learnedIn(model)], [0, null])
    }
  })
})
