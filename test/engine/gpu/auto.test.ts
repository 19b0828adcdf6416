import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { crossover } from '../../../src/engine/gpu/calibrate.ts'
import { missingPackage } from '../../../src/engine/gpu/installed.ts'
import { NoGpuError } from '../../../src/engine/gpu/no-gpu.ts'
import { createGpuSource } from '../../../src/engine/gpu/process.ts'
import { openDeviceStepper } from '../../../src/engine/gpu/stepper.ts'
import type { Calibration, Calibrations } from '../../../src/engine/gpu/types.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import { gruSpec } from '../../../src/engine/spec.ts'
import { beside, sameStates, until, values } from './beside.ts'
import { softwareGpu } from './software.ts'

const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 4 }))
const LANES = 200

/** As if everything had been measured before. */
function measured(calibration: Calibration): Calibrations {
  return { get: () => calibration, set: () => assert.fail('nothing was to be measured') }
}

describe('the choice of a device', () => {
  let environment: NodeJS.ProcessEnv

  const missing = softwareGpu()
  before(function () {
    if (missing) {
      console.log(`    ${missing}`)
      this.skip()
    }
  })

  beforeEach(() => {
    environment = { ...process.env }
  })

  afterEach(() => {
    Object.assign(process.env, environment)
  })

  it('refuses an adapter that is software, and says so', async () => {
    delete process.env.GRUFLOW_SOFTWARE_GPU
    for (const device of ['auto', 'gpu'] as const) {
      const stepper = openDeviceStepper(model, { device, lanes: 3 }, { acquire: createGpuSource() })
      const pair = beside(stepper)
      void pair.step([0, 1, 2], values(model, 3, 1))
      await stepper.ready
      assert.match(stepper.device, /^cpu:wasm/)
      assert.match(stepper.reason, /^no GPU was found: .*swiftshader.* computes on the CPU$/i)
      void pair.step([0, 1, 2], values(model, 3, 2))
      assert.equal(await pair.worst(), 0)
      await stepper.close()
    }
  })

  it('says that there is no adapter', async () => {
    process.env.VK_DRIVER_FILES = join(tmpdir(), 'no-such-driver.json')
    const stepper = openDeviceStepper(model, { device: 'gpu' }, { acquire: createGpuSource() })
    await stepper.ready
    assert.match(stepper.device, /^cpu:wasm/)
    assert.equal(stepper.reason, 'no GPU was found: webgpu has no adapter here')
    const source = createGpuSource()
    let refusal: unknown
    await assert.rejects(source(), (error) => {
      refusal = error
      return error instanceof NoGpuError
    })
    // Remembered, in this environment: no other process has said so.
    await assert.rejects(source(), (error) => error === refusal)
    process.env.VK_DRIVER_FILES = environment.VK_DRIVER_FILES
    const gpu = await source()
    gpu.release()
    await stepper.close()
  })

  it('says what to install', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gruflow-test-'))
    try {
      const inside = join(folder, 'node_modules', '@gruflow', 'node-red-gru', 'dist')
      mkdirSync(inside, { recursive: true })
      const module = pathToFileURL(join(inside, 'index.js')).href
      const missing = 'the package webgpu is not installed: npm install webgpu adds GPU support'
      assert.equal(missingPackage(module), missing)
      mkdirSync(join(folder, 'node_modules', 'webgpu'))
      const found = (version: string): string | undefined => {
        const description = JSON.stringify({ name: 'webgpu', version, dependencies: {} })
        writeFileSync(join(folder, 'node_modules', 'webgpu', 'package.json'), description)
        return missingPackage(module)
      }
      for (const version of ['0.6.2', '0.6.10', '0.10.0', '1.0.0', '0.7.0-beta.1']) {
        assert.equal(found(version), undefined)
      }
      const newer = '0.6.2 or newer is needed: npm install webgpu@latest'
      for (const version of ['0.4.0', '0.6.1', '0.5.9']) {
        assert.equal(found(version), `webgpu ${version} is too old, ${newer}`)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('measures a model once, and leaves it where it is faster', async () => {
    const kept = new Map<string, Calibration>()
    const acquire = createGpuSource()
    const open = () => openDeviceStepper(model, { device: 'auto', calibrations: kept }, { acquire })
    const first = open()
    const second = open()
    await Promise.all([first.ready, second.ready])
    assert.equal(kept.size, 1)
    const [[key, { rows, gpu, wasm }]] = kept
    assert.match(key, /swiftshader/i)
    assert.ok(rows.length > 1 && gpu.length === rows.length && wasm.length === rows.length)
    assert.ok([...gpu, ...wasm].every((ms) => ms > 0))
    // A GPU in software is slower always.
    assert.match(first.device, /^cpu:wasm/)
    assert.match(first.reason, /^the GPU is slower for this model, with up to [\d,]+ steps at a time$/)
    assert.equal(second.reason, first.reason)
    await Promise.all([first.close(), second.close()])
  })

  it('moves to the GPU with large batches and back with small ones, and loses nothing', async () => {
    // Faster from 20 rows on.
    const calibrations = measured({ rows: [1, 20, 400], gpu: [5, 5, 5], wasm: [0.1, 5, 100] })
    const heard: string[] = []
    const stepper = openDeviceStepper(
      model,
      { device: 'auto', lanes: LANES, calibrations, onDevice: ({ device }) => heard.push(device) },
      { acquire: createGpuSource() },
    )
    const pair = beside(stepper)
    await stepper.ready
    const { device: here } = stepper
    assert.equal(stepper.reason, 'the GPU wins from 20 steps at a time on')
    let turn = 0
    const come = (rows: number) => {
      const lanes = Array.from({ length: rows }, (_, i) => (turn + i) % LANES)
      return pair.step(lanes, values(model, rows, turn++))
    }
    for (let i = 0; i < 20; i++) await come(3).then(nextTurn)
    assert.equal(stepper.device, here)
    assert.equal(stepper.reason, 'steps come 3 at a time, the GPU wins from 20 on')
    while (stepper.device === here) await come(100).then(nextTurn)
    assert.equal(stepper.device, 'gpu:swiftshader')
    assert.match(stepper.reason, /^steps come \d+ at a time, the GPU wins from 20 on$/)
    for (let i = 0; i < 5; i++) await come(100)
    while (stepper.device !== here) await come(2).then(nextTurn)
    assert.ok(stepper.load.batch < 20 / 1.25)
    await until(() => stepper.reason.startsWith('steps come'))
    for (let i = 0; i < 5; i++) await come(2)
    assert.ok((await pair.worst()) < 1e-5)
    await sameStates(stepper, pair.exact, 1e-5)
    await stepper.close()
    assert.deepEqual(heard, [here, 'gpu:swiftshader', here])
  })
})

describe('the crossover', () => {
  const rows = [1, 16, 256, 4096]

  it('is where two known curves meet', () => {
    const times = fc.double({ min: 0.01, max: 10, noNaN: true })
    const slopes = fc.double({ min: 1e-4, max: 0.1, noNaN: true })
    fc.assert(
      fc.property(times, slopes, (fixed, slope) => {
        // The GPU takes the same for any number, WASM in proportion: straight lines on logarithmic axes.
        const gpu = rows.map(() => fixed)
        const wasm = rows.map((n) => slope * n)
        const expected = fixed / slope
        const found = crossover({ rows, gpu, wasm })
        if (expected >= 4096) assert.equal(found, Number.POSITIVE_INFINITY)
        else if (expected < 1) assert.equal(found, 1)
        else assert.ok(Math.abs(found / expected - 1) < 1e-9, `${found} instead of ${expected}`)
      }),
    )
  })

  it('is beyond the last place where WASM wins', () => {
    const found = crossover({ rows, gpu: [1, 1, 1, 1], wasm: [2, 2, 0.5, 2] })
    assert.ok(Math.abs(found - 1024) < 1e-6)
  })
})
