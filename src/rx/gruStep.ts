import { defer, finalize, map, type OperatorFunction } from 'rxjs'
import type { Backend } from '../engine/backend.ts'
import type { Model } from '../engine/model.ts'
import { stateSize } from '../engine/spec.ts'
import { createStepper } from '../engine/stepper.ts'
import type { Skip } from '../forecast/types.ts'
import { checkFunctions } from '../mqtt/check.ts'
import { quote } from '../quote.ts'
import { type Answer, type KeyOptions, keyed } from './keyed.ts'
import { createLanes } from './lanes.ts'

export interface GruStepOptions<T> extends KeyOptions<T> {
  /** A forward GRU. */
  readonly model: Model
  /** The `inputSize` finite numbers of one step. */
  readonly input: (source: T) => ArrayLike<number>
  /** State that each stream begins with, [layers, hiddenSize]. @default zeros */
  readonly h0?: ArrayLike<number>
  /** Give the state after each step too, [layers, hiddenSize]. @default false */
  readonly hidden?: boolean
  /** @default wasm */
  readonly backend?: Backend
  /** Streams kept; the one longest unused begins anew beyond that. @default 500 */
  readonly maxStreams?: number
}

/** What a step gave: the projection, or the top layer's state without one. The arrays are the receiver's. */
interface Step {
  readonly output: Float32Array
  /** Set with the option `hidden`. */
  readonly hidden?: Float32Array
  readonly skipped?: undefined
}

interface Skipped {
  readonly output?: undefined
  readonly hidden?: undefined
  readonly skipped: Skip
}

/** Exactly one per source: the step's output, or the reason why there is none. */
export type GruStepOutcome<T> = Answer<T, Step | Skipped>

/**
 * One step of a GRU for each source, on the state of its stream.
 *
 * ```
 * source    --a1---b1---a2---x----a3--|
 * gruStep   --A1---B1---A2---i----A3--|    A2 = GRU(a2, state after A1), i invalid
 * ```
 *
 * One outcome per source, in order and in the same turn. An input of the wrong length, or that is not all
 * finite numbers, gives `invalid` and changes no state. Cold: states belong to the subscription.
 *
 * @throws RangeError or TypeError when the model is not forward only, or naming an option that cannot be used
 * @example
 * const model = initialise(gruSpec({ ...presets.pytorch, inputSize: 1, hiddenSize: 2 }), { seed: 1 })
 * of(20.5, 20.7)
 *   .pipe(gruStep({ model, input: (celsius) => [celsius / 10] }))
 *   .subscribe(({ output }) => console.log(output)) // two numbers each, the second on the state of the first
 */
export function gruStep<T>(options: GruStepOptions<T>): OperatorFunction<T, GruStepOutcome<T>> {
  const { model, input: inputOf, h0, hidden = false, backend, maxStreams = 500 } = options
  checkFunctions(options, 'key', 'reset')
  if (typeof inputOf !== 'function') throw new TypeError(`input must be a function, got ${quote(inputOf)}`)
  if (!(Number.isInteger(maxStreams) && maxStreams >= 1 && maxStreams <= 100_000)) {
    throw new RangeError(`maxStreams must be a whole number from 1 to 100000, got ${String(maxStreams)}`)
  }
  const initial = new Float32Array(stateSize(model.spec))
  if (h0) fill('h0', initial, h0)
  // Opened here once for what it throws, then anew by each subscription.
  createStepper(model, { backend }).close()

  return (source) =>
    defer(() => {
      const stepper = createStepper(model, { backend })
      const lanes = createLanes(maxStreams)
      const inputs = new Float32Array(model.spec.inputSize)
      const select = (from: T): void => fill('input', inputs, inputOf(from))
      const answer = keyed<T, void, Step>(options, select, {
        take(key) {
          const { lane, fresh } = lanes.of(key)
          if (lane >= stepper.lanes) stepper.grow(Math.min(2 * stepper.lanes, maxStreams))
          if (fresh) stepper.restore(lane, initial)
          const output = stepper.step([lane], inputs).slice()
          return hidden ? { output, hidden: stepper.save(lane) } : { output }
        },
        reset: lanes.forget,
      })
      return source.pipe(map(answer), finalize(stepper.close))
    })
}

/** Copies finite numbers, and nothing that only looks like one. */
function fill(name: string, to: Float32Array, from: ArrayLike<number>): void {
  if (from?.length !== to.length) {
    throw new RangeError(`${name} must hold ${to.length} numbers, got ${from?.length ?? String(from)}`)
  }
  for (let i = 0; i < to.length; i++) {
    if (typeof from[i] !== 'number' || !Number.isFinite(Math.fround(from[i]))) {
      throw new RangeError(
        `${name} must hold finite numbers, got ${typeof from[i] === 'number' ? from[i] : typeof from[i]} at index ${i}`,
      )
    }
  }
  to.set(from)
}
