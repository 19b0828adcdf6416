import assert from 'node:assert/strict'
import { extname } from 'node:path'
import type { DeviceStepper } from '../../../src/engine/gpu/types.ts'
import type { Model } from '../../../src/engine/model.ts'
import { createStepper, type Stepper } from '../../../src/engine/stepper.ts'
import { distance } from '../arbitrary.ts'

/** The stand-in for the child that owns the GPU. */
export const STANDIN: URL = new URL(`./workers/standin${extname(import.meta.url)}`, import.meta.url)

/** A stepper on any device and the one in WASM, asked the same. */
export interface Pair {
  readonly exact: Stepper
  /** Asks both to step, and keeps the answers for `check`. */
  step(lanes: readonly number[], inputs: Float32Array): Promise<void>
  ahead(lanes: readonly number[], inputs: Float32Array): Promise<void>
  save(lane: number): Promise<void>
  /** The largest difference of all answers so far, once they are there. */
  worst(): Promise<number>
  /** Rows that were asked for and answered. */
  readonly answered: number
}

export function beside(stepper: DeviceStepper): Pair {
  const exact = createStepper(stepper.model, { lanes: stepper.lanes })
  const asked = new Set<Promise<void>>()
  let worst = 0
  let answered = 0

  function compare(asking: Promise<Float32Array>, expected: Float32Array): Promise<void> {
    const compared = asking.then((values) => {
      worst = Math.max(worst, distance(values, expected))
      answered++
      asked.delete(compared)
    })
    asked.add(compared)
    return compared
  }
  return {
    exact,
    step: (lanes, inputs) => compare(stepper.step(lanes, inputs), exact.step(lanes, inputs).slice()),
    ahead: (lanes, inputs) => compare(stepper.ahead(lanes, inputs), exact.ahead(lanes, inputs).slice()),
    save: (lane) => compare(stepper.save(lane), exact.save(lane)),
    async worst() {
      while (asked.size > 0) await Promise.all(asked)
      return worst
    },
    get answered() {
      return answered
    },
  }
}

/** Milliseconds after which nothing is waited for any more. */
const PATIENCE_MS = 60_000

/** Settles as soon as `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!condition()) {
    assert.ok(performance.now() < end, `in vain: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** All states of a stepper are those that another has. */
export async function sameStates(stepper: DeviceStepper, exact: Stepper, within: number): Promise<void> {
  await stepper.settle()
  for (let lane = 0; lane < exact.lanes; lane++) {
    const known = stepper.peek(lane)
    assert.ok(known, `lane ${lane} is not known after settling`)
    const apart = distance(known, exact.save(lane))
    assert.ok(apart <= within, `lane ${lane} is ${apart} apart`)
  }
}

/** Any values, the same for the same arguments. */
export function values(model: Model, rows: number, turn: number): Float32Array {
  return Float32Array.from({ length: rows * model.spec.inputSize }, (_, i) => Math.sin(1.7 * i + 0.9 * turn))
}
