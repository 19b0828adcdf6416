import assert from 'node:assert/strict'
import { createGpuSource, type Gpu } from '../../src/engine/gpu/process.ts'
import { openDeviceStepper } from '../../src/engine/gpu/stepper.ts'
import type { OpenPool } from '../../src/forecast/experts/pool.ts'
import { openForecastModel } from '../../src/forecast/model.ts'
import type { Forecast, ForecastModel } from '../../src/forecast/types.ts'
import { softwareGpu } from '../engine/gpu/software.ts'
import { neverAsked } from './answeringLater.ts'
import { opener, run, shareOf, TAUGHT, waves } from './fitted.ts'
import { taught } from './taught.ts'

/** What forecasts on a GPU may differ by, in the sensor's units. */
const APART = 1e-4
const KEYS = Array.from({ length: 12 }, (_, i) => `k${i}`)

describe('streams on a GPU in software', () => {
  const open = opener()
  let gpu: Gpu | undefined
  /** Forecasts in which the GRU has its say. */
  let spoken = 0

  const missing = softwareGpu()
  before(function () {
    if (missing) {
      console.log(`      ${missing}`)
      this.skip()
    }
  })

  /** A model as if fitted whose GPU is its own, and can be killed. */
  function onGpu(): ForecastModel {
    const source = createGpuSource()
    const acquire = async (): Promise<Gpu> => {
      gpu = await source()
      return gpu
    }
    const pool: OpenPool = (model, lanes, { device, onDevice }) =>
      openDeviceStepper(model, { device, lanes, onDevice }, { acquire, retryMs: 5000 })
    return taught(openForecastModel({ ...TAUGHT, device: 'gpu' }, { openTrainer: neverAsked, open: pool }))
  }

  /** Settles at the next change after which something runs the GRU whose name begins so. */
  function ranBy(model: ForecastModel, name: string): Promise<void> {
    return new Promise((resolve) => {
      const stop = model.onChange(() => {
        if (!model.device.startsWith(name)) return
        stop()
        resolve()
      })
    })
  }

  beforeEach(() => {
    spoken = 0
  })

  function near(forecast: Forecast | undefined, expected: Forecast | undefined): void {
    assert.equal(forecast?.cutoff, expected?.cutoff)
    assert.equal(forecast?.model, expected?.model)
    if (shareOf(forecast, 'gru') > 0.05) spoken++
    for (const part of ['mean', 'lower', 'upper'] as const) {
      forecast?.[part].forEach((value, h) => {
        const apart = Math.abs(value - expected![part][h])
        assert.ok(apart <= APART, `${part} of step ${h} is ${apart} apart`)
      })
    }
  }

  it('give what they give on the device wasm, and are saved with their states', async () => {
    const model = onGpu()
    const moved = ranBy(model, 'gpu:')
    const streams = open(model, { period: 1000 })
    const expected = new Map(
      KEYS.map((key, i) => [key, run(open(taught(), { period: 1000 }), waves(60, 0, i + 1), key)]),
    )
    const taken = async (from: number, to: number): Promise<void> => {
      await Promise.all(
        KEYS.flatMap((key, i) =>
          waves(to - from, from, i + 1).map(async ({ value, time }, n) => {
            const { forecast } = await streams.take(key, value, time)
            near(forecast, expected.get(key)![from + n])
          }),
        ),
      )
    }
    await taken(0, 20)
    await moved
    await taken(20, 40)
    assert.deepEqual([model.device, model.deviceReason], ['gpu:swiftshader', 'asked for'])
    assert.ok(model.load.batch > 1)
    await model.settle()
    const atOnce = open(taught(), { period: 1000 })
    atOnce.restore(streams.snapshot())
    for (const [i, key] of KEYS.entries()) {
      run(atOnce, waves(20, 40, i + 1), key).forEach((forecast, n) => {
        near(forecast, expected.get(key)![40 + n])
      })
    }
    assert.ok(spoken > 40 * KEYS.length, `the GRU had its say in ${spoken} forecasts`)
  })

  it('lose no reading when the process that owns the GPU is killed', async () => {
    const model = onGpu()
    const moved = ranBy(model, 'gpu:')
    const streams = open(model, { period: 1000 })
    await moved
    const fallen = ranBy(model, 'cpu:')
    let answered = 0
    const all = KEYS.map(async (key, i) => {
      const expected = run(open(taught(), { period: 1000 }), waves(60, 0, i + 1), key)
      for (const [n, { value, time }] of waves(60, 0, i + 1).entries()) {
        near((await streams.take(key, value, time)).forecast, expected[n])
        if (++answered === 20 * KEYS.length) process.kill(gpu!.pid!, 'SIGKILL')
      }
    })
    await Promise.all(all)
    await fallen
    assert.equal(answered, 60 * KEYS.length)
    assert.ok(spoken > 40 * KEYS.length, `the GRU had its say in ${spoken} forecasts`)
    assert.match(model.device, /^cpu:wasm/)
    assert.match(model.deviceReason, /the GPU process was ended by SIGKILL$/)
  })
})
