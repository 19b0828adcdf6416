import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createGpuSource, type Gpu } from '../../../src/engine/gpu/process.ts'
import { openDeviceStepper } from '../../../src/engine/gpu/stepper.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import { gruSpec } from '../../../src/engine/spec.ts'
import { createStepper } from '../../../src/engine/stepper.ts'
import { distance } from '../arbitrary.ts'
import { sameStates, values } from './beside.ts'
import { softwareGpu } from './software.ts'

const STEPS = 10_000
/** By then V8 has found how seldom it can collect. */
const WARM_UP = 6000
const STREAMS = 1024
/** What a process may gain after the warm-up. One buffer of inputs a step would be 32 MiB. */
const GROWTH_KIB = 16 * 1024

/** Memory of a process in KiB. */
function residentKib(pid: number): number {
  const [, kib] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/) ?? []
  return Number(kib)
}

describe('a stepper on the GPU for a long time', () => {
  const missing = softwareGpu() ?? (existsSync('/proc/self/status') ? undefined : 'there is no /proc')

  it(`takes ${STEPS} steps of ${STREAMS} streams, exact and with the same memory`, async function () {
    if (missing) {
      console.log(`    ${missing}`)
      this.skip()
    }
    const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 4, outputSize: 1 }))
    const source = createGpuSource()
    let gpu: Gpu | undefined
    const acquire = async () => {
      gpu = await source()
      return gpu
    }
    const stepper = openDeviceStepper(model, { device: 'gpu', lanes: STREAMS }, { acquire })
    const exact = createStepper(model, { lanes: STREAMS })
    await stepper.ready
    assert.equal(stepper.device, 'gpu:swiftshader')
    const lanes = Array.from({ length: STREAMS }, (_, lane) => lane)
    const pids = [process.pid, gpu!.pid!]
    let worst = 0
    let before: number[] = []
    for (let step = 0; step < STEPS; step++) {
      if (step === WARM_UP) before = pids.map(residentKib)
      const x = values(model, STREAMS, step)
      const y = await stepper.step(lanes, x)
      worst = Math.max(worst, distance(y, exact.step(lanes, x)))
    }
    const gained = pids.map((pid, i) => residentKib(pid) - before[i])
    assert.equal(stepper.device, 'gpu:swiftshader')
    await sameStates(stepper, exact, 1e-5)
    await stepper.close()
    console.log(`      worst error ${worst}, memory of both processes ${before} KiB, gained ${gained} KiB`)
    assert.ok(worst <= 1e-5, `answers are ${worst} apart`)
    assert.ok(
      gained.every((kib) => kib <= GROWTH_KIB),
      `the processes have gained ${gained.join(' and ')} KiB`,
    )
  }).timeout(300_000)
})
